import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { explainTimestamp } from '../explain/credentials.ts'
import { decodeUtf8, isRecord, parseJson } from '../protocol/json.ts'
import type { Log } from '../state/log.ts'
import type { TriggerProtocol } from '../state/log-event.ts'
import type { RunningApp, RunningApps } from '../state/running-app.ts'
import { HttpError, validationFailed } from './http-error.ts'

/** Called before each request of the HTTP API is handled. A request that it throws an `HttpError` for fails. */
export type RequestInterceptor = () => Promise<void>

/** One request to an app's HTTP API. */
export interface Call {
  readonly apps: RunningApps
  readonly now: () => number
  readonly log: Log
  readonly trace: RequestTrace
  readonly request: {
    readonly method: string
    /** As requested, escapes included, without the query: the path that is signed. */
    readonly path: string
    /** The text after `?`; empty without one. */
    readonly search: string
    /** The `{names}` of the route, unescaped. */
    readonly params: Readonly<Record<string, string>>
    readonly query: URLSearchParams
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer
  }
}

/** Facts about a request that its handling finds, for the log. */
export interface RequestTrace {
  protocol?: TriggerProtocol | undefined
  /** As in the table of routes, with `{key}` or `{id}`. */
  route?: string | undefined
  /** Set by a handler as soon as the app is known. */
  app?: RunningApp
}

/** Returns the JSON body of a 200, or throws an `HttpError`. */
export type Handler = (call: Call) => object

/** Largest request body, in bytes. A batch of 10 events of 64 KiB fits, escaped. */
const bodyLimit = 1_048_576

/**
 * Reads a request body, byte for byte as it was signed. Bytes are counted as they arrive, whatever Content-Length is.
 * The rest of a body over the limit is read and dropped, so that the client receives its 413.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyLimit) {
        chunks.push(chunk)
      } else {
        chunks.length = 0
        reject(new HttpError(413, `Body too large (max ${bodyLimit} bytes)`))
      }
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(new HttpError(400, 'The body ended early')))
  })
}

/** Parses a body as a JSON object, whatever its Content-Type is. */
export function parseBody(body: Uint8Array): Readonly<Record<string, unknown>> {
  const text = decodeUtf8(body)
  if (text === undefined) throw new HttpError(400, 'The body is not UTF-8')
  const value = parseJson(text)
  if (value === undefined) throw new HttpError(400, 'The body is not JSON')
  if (!isRecord(value)) throw validationFailed('the body must be a JSON object')
  return value
}

const toleranceSeconds = 300

/** Refuses a time stamp, Unix seconds in plain digits, that is more than 5 minutes from now, past or future. */
export function assertFresh(timestamp: string | null | undefined, nowMs: number): void {
  // Number() would also accept '1e9', ' 1', '0x1' and ''.
  const seconds = typeof timestamp === 'string' && /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (!(Math.abs(Math.floor(nowMs / 1000) - seconds) <= toleranceSeconds))
    throw new HttpError(403, 'Request timestamp expired (max 5 minutes)', {}, () => explainTimestamp(timestamp, nowMs))
}
