import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { removeSecrets } from '#network'
import type { Hmac } from '../crypto/node.ts'
import type { ClientTls } from '../transport/transport.ts'

/** What a client reports with. */
export interface LocalServiceOptions {
  /** The origin of the client's endpoint. */
  readonly origin: string
  /** Whether the origin is of this machine. */
  readonly isLoopback: boolean
  readonly appKey: string | undefined
  readonly hmac: Hmac
  readonly tls: ClientTls | undefined
  /** Texts that no report contains. */
  readonly secrets: readonly (string | undefined)[]
}

/** Reports decisions of the auth endpoint to `@pingerchips/local`, for its console. */
export interface LocalReporter {
  /** Sends a decision in the background. Never throws. @param credentials of the request: no report contains them */
  report(decision: object, credentials: readonly string[]): void
}

/** A response with 404 to a POST, of any server of this process. */
export interface NotFound {
  /** Without the query. */
  readonly path: string
  header(name: string): string | undefined
}

/** Decisions that wait to be sent. Beyond it, new ones are dropped. */
const queueLimit = 1000
/** Decisions in one request. */
const batchLimit = 50
/** Milliseconds for one request. */
const timeout = 5000
/** Characters of an error's message. */
const errorLimit = 500

/** Set in the JSON of `GET /decisions`. */
const serviceName = '@pingerchips/local'

function isDevelopment(): boolean {
  return process.env.NODE_ENV !== 'production'
}

/** The reporter of a client; `undefined` unless its endpoint is on this machine, and in production (`NODE_ENV`). */
export function localReporter(options: LocalServiceOptions): LocalReporter | undefined {
  const { isLoopback, appKey } = options
  if (appKey === undefined || !isLoopback || !isDevelopment()) return undefined
  return new QueuedReporter(options, appKey)
}

const identifiedKey: unique symbol = Symbol.for('pingerchips.localServices') as never
const registry = globalThis as { [identifiedKey]?: Map<string, boolean | Promise<boolean>> }

/** Whether the server of an origin is a local service; one for all copies of this package, which identify it once. */
const identified: Map<string, boolean | Promise<boolean>> = registry[identifiedKey] ?? new Map()
registry[identifiedKey] = identified

class QueuedReporter implements LocalReporter {
  readonly #options: LocalServiceOptions
  readonly #appKey: string
  readonly #queue: { readonly decision: object; readonly credentials: readonly string[] }[] = []
  #isSending = false

  constructor(options: LocalServiceOptions, appKey: string) {
    this.#options = options
    this.#appKey = appKey
  }

  report(decision: object, credentials: readonly string[]): void {
    if (identified.get(this.#options.origin) === false || this.#queue.length >= queueLimit || !isDevelopment()) return
    this.#queue.push({ decision, credentials })
    if (this.#isSending) return
    this.#isSending = true
    this.#send()
      // Without the service, the app works as before.
      .catch(() => {
        this.#queue.length = 0
      })
      .finally(() => {
        this.#isSending = false
      })
  }

  async #send(): Promise<void> {
    const { origin, hmac, secrets } = this.#options
    while (this.#queue.length > 0) {
      if (!(await this.#identify())) {
        this.#queue.length = 0
        return
      }
      const texts = this.#queue.splice(0, batchLimit).map(({ decision, credentials }) => {
        const all = [...secrets, ...credentials]
        return JSON.stringify(decision, (_name, value) => toReported(value, all))
      })
      const body = `{"decisions":[${texts.join()}]}`
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-app-key': this.#appKey,
        // No other message that is signed with the secret begins with this line.
        'x-signature': hmac(`pingerchips:decisions\n${body}`),
      }
      const { status } = await this.#request('POST', headers, body)
      // Another server has taken the port.
      if (status === 404 || status === 405) identified.set(origin, false)
    }
  }

  /** @throws {Error} (as a rejection) if nothing listens there: the next decision tries again */
  async #identify(): Promise<boolean> {
    const { origin } = this.#options
    const known = identified.get(origin)
    if (known !== undefined) return known
    const answer = this.#request('GET', {}).then(
      ({ status, text }) => status === 200 && text.includes(`"${serviceName}"`),
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED') return false
        identified.delete(origin)
        throw error
      },
    )
    // Other clients of this origin wait for the same request.
    identified.set(origin, answer)
    const isLocalService = await answer
    identified.set(origin, isLocalService)
    return isLocalService
  }

  /** Not by the client's transport: a mock or a proxy of the app receives no request that the app did not make. */
  async #request(
    method: string,
    headers: Readonly<Record<string, string | number>>,
    body?: string,
  ): Promise<{ readonly status: number | undefined; readonly text: string }> {
    const { origin, tls } = this.#options
    // Loaded with the first report: a client that only signs does not pay for net and tls.
    const { request } = await (origin.startsWith('https:') ? import('node:https') : import('node:http'))
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, signal: AbortSignal.timeout(timeout), ...tls }
      request(new URL('/decisions', origin), options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
          // Of another server, whose response may be of any length.
          if (text.length > 1024) response.destroy()
        })
        response.on('close', () => resolve({ status: response.statusCode, text })).on('error', reject)
      })
        // The process may end meanwhile.
        .on('socket', (socket) => socket.unref())
        .on('error', reject)
        .end(body)
    })
  }
}

/** Errors as text, and texts without secrets. User info of a URL, such as a database's password, is removed too. */
function toReported(value: unknown, secrets: readonly (string | undefined)[]): unknown {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : value
  if (typeof text !== 'string') return value
  return removeSecrets(text, secrets)
    .replaceAll(/\/\/[^/@\s]+@/g, '//[removed]@')
    .slice(0, errorLimit)
}

const listeners = new Set<(notFound: NotFound) => void>()

/** Calls `listener` with each 404 of this process to a POST. Not in production (`NODE_ENV`). */
export function onNotFound(listener: (notFound: NotFound) => void): void {
  if (!isDevelopment()) return
  if (listeners.size === 0) subscribe('http.server.response.finish', onResponse)
  listeners.add(listener)
}

function onResponse(message: unknown): void {
  const { request, response } = message as { readonly request: IncomingMessage; readonly response: ServerResponse }
  if (response.statusCode !== 404 || request.method !== 'POST') return
  // Express and connect write the path below a mount into `url`.
  const { originalUrl = request.url ?? '' } = request as IncomingMessage & { readonly originalUrl?: string }
  const [path = ''] = originalUrl.split('?')
  const header = (name: string) => request.headers[name]?.toString()
  for (const listener of listeners)
    try {
      listener({ path, header })
    } catch {
      // Node reports an error of a subscriber as an uncaught exception, which would end the app.
    }
}
