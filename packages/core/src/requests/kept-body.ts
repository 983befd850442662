import type { IncomingMessage } from 'node:http'
import { bodyConsumed, type RawBody, type ReceivedBody, rawBodyConsumed } from './incoming-request.ts'
import { readNodeStream, readWebStream, withBodyTimeout } from './read-body.ts'

/**
 * An object that may keep a body which was already read: the framework's request, Node's, or both. `rawBody` is where the
 * `verify` hooks of body parsers and Google Cloud Functions keep the bytes; `body` is where parsers keep their result, and
 * serverless platforms the bytes, text or stream.
 */
export interface BodyHolder {
  /** The bytes or the text as sent. */
  readonly rawBody?: unknown
  /** What a parser, or the platform, made of it. */
  readonly body?: unknown
}

/**
 * The body that was kept: the first raw one, else the first other one.
 * @throws {PingerchipsError} `body_consumed` if there is none
 */
export function keptBody(holders: readonly BodyHolder[], limit: number): ReceivedBody | Promise<ReceivedBody> {
  const raw = rawOf(holders, limit)
  if (raw !== undefined) return raw
  for (const { body } of holders) {
    if (body === undefined) continue
    // A parser that is not strict accepts `null` and `1`: a body, and a malformed one.
    if (typeof body !== 'object' || body === null) return undefined
    return tagOf(body) === 'FormData' ? fieldsOf(body as FormData) : body
  }
  throw bodyConsumed()
}

/**
 * The bytes or the text that was kept.
 * @throws {PingerchipsError} `body_consumed` if there is none
 */
export function keptRawBody(holders: readonly BodyHolder[], limit: number): RawBody | Promise<RawBody> {
  const raw = rawOf(holders, limit)
  if (raw === undefined) throw rawBodyConsumed()
  return raw
}

/** The bytes or text in the holders, if there is any; for a stream that was unread and empty. */
export function rawOf(holders: readonly BodyHolder[], limit: number): RawBody | Promise<RawBody> | undefined {
  for (const key of ['rawBody', 'body'] as const)
    for (const holder of holders) {
      const raw = toRaw(holder[key], limit)
      if (raw !== undefined) return raw
    }
  return undefined
}

/** By tag, not by `instanceof`: polyfills, Jest and vm have classes of their own. */
function toRaw(value: unknown, limit: number): RawBody | Promise<RawBody> | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return undefined
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  switch (tagOf(value)) {
    case 'ArrayBuffer':
      return new Uint8Array(value as ArrayBuffer)
    case 'URLSearchParams':
      return String(value)
    case 'Blob':
    case 'File':
      return readWebStream((value as Blob).stream(), limit)
    case 'ReadableStream':
      // One that is being read, or was, gives nothing more: not waited for.
      return (value as ReadableStream).locked ? undefined : readWebStream(value as ReadableStream<Uint8Array>, limit)
    default:
      return isUnreadNodeStream(value)
        ? withBodyTimeout(readNodeStream(value, limit, { onExpired: undefined }))
        : undefined
  }
}

function isUnreadNodeStream(value: object): value is IncomingMessage {
  const stream = value as Partial<IncomingMessage>
  return typeof stream.pipe === 'function' && stream.readableDidRead === false && stream.readableEnded === false
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** The fields of a form; a repeated one is an array, which no field may be. */
export function fieldsOf(form: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, value] of form) {
    const values = [fields[name], value]
    // A list would be a batch; a repeated channel is refused, and a list in a list is no batch.
    fields[name] = !(name in fields) ? value : name === 'channel_name' ? [values] : values
  }
  return fields
}
