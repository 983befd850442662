import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../json.ts'

/** A webhook as it came. Node's own request fits, with a `rawBody`. */
export interface WebhookInput {
  /** The request's headers: `Headers`, or an object of them with names in any case. */
  readonly headers: WebhookHeaders
  /**
   * The body, byte for byte. A string is taken for its UTF-8: it must not have been decoded from anything else. Never
   * what a parser made of it, since JSON that is written again is other bytes.
   */
  readonly rawBody: Uint8Array | ArrayBuffer | string
}

/** Headers of the Fetch API, or an object of them with names in any case, as Node has. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A header's value, or an empty text; those of one that came several times joined, which is then nobody's key and
 * nobody's signature.
 * @param name in lower case
 */
export function webhookHeader(headers: WebhookHeaders, name: string): string {
  if (isFetchHeaders(headers)) return headers.get(name) ?? ''
  const values = Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? value : undefined))
  return values.filter((value) => typeof value === 'string').join(', ')
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function'
}

/** @throws {TypeError} if it is no object of headers */
export function assertHeaders(value: unknown, argument: string): asserts value is WebhookHeaders {
  if (!isRecord(value)) throw invalidArgument(argument, `must be the request's headers (got ${describeType(value)})`)
}

/**
 * The bytes that were signed.
 * @throws {TypeError} for anything but bytes and text, saying what to do about a parser
 */
export function rawBytes(value: unknown, argument: string): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  // By its tag: in Jest and vm, the app's may be another realm's.
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return new Uint8Array(value as ArrayBuffer)
  throw invalidArgument(
    argument,
    `must be the raw body, as bytes or text: they are what was signed, and what a parser makes of them is not (got ${describeType(value)}). Read it before the parser, or have the parser keep it: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })`,
  )
}
