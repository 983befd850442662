import { PingerchipsError } from '../errors.ts'

/** A request as an adapter passes it to the endpoint: the parts that the endpoint reads. It decides nothing. */
export interface IncomingRequest {
  /** The HTTP method, in upper case. */
  readonly method: string
  /**
   * The value of a header, by its lower-case name; `undefined` if it is absent. Values of a repeated header are joined by
   * `, ` (RFC 9110, section 5.3), and those of `cookie` by `; ` (RFC 6265, section 5.4): a second value is never hidden.
   */
  header(name: string): string | undefined
  /**
   * The status of a redirect or an error that a callback has set on the framework's response, as `reply.code(401)` does;
   * `undefined` if there is none, or the framework does not show it.
   */
  readonly errorStatus?: number | undefined
  /**
   * The body. An unread stream is read as bytes, up to `limit`; else this is what the app or the platform has kept: the
   * raw bytes or text if there are any, else the object that a parser made.
   *
   * @throws {PingerchipsError} `body_consumed`, at once, if the stream was read and nothing of it was kept
   */
  body(limit: number): ReceivedBody | Promise<ReceivedBody>
  /**
   * The body as it was sent, to the byte, for signatures: never what a parser made of it.
   *
   * @throws {PingerchipsError} `body_consumed`, at once, if the stream was read and no bytes of it were kept
   */
  rawBody(limit: number): RawBody | Promise<RawBody>
}

/** In place of a body that is longer than the limit. */
export const tooLarge: unique symbol = Symbol('the body is over the limit')
/** In place of a body that did not end within `bodyTimeout`. */
export const tooSlow: unique symbol = Symbol('the body did not end in time')
/** In place of an unread body with a `Content-Encoding`: nothing here decompresses. */
export const encoded: unique symbol = Symbol('the body has a Content-Encoding')

/** Why there is no body. `undefined`: the client left before its end, or it is no body at all. */
export type MissingBody = typeof tooLarge | typeof tooSlow | typeof encoded | undefined

/** A body as it was sent, or why there is none. */
export type RawBody = Uint8Array | string | MissingBody

/** A body as it was sent, or the object that a parser of the app made of it. */
export type ReceivedBody = RawBody | object

/** Milliseconds that a client has to send its body. */
export const bodyTimeout = 10_000

/**
 * Whether an unread body is compressed: any `Content-Encoding` but `identity` (RFC 9110, section 8.4). Empty members of
 * the list do not count (section 5.6.1).
 */
export function isEncoded(contentEncoding: string | undefined): boolean {
  if (contentEncoding === undefined) return false
  return contentEncoding.split(',').some((coding) => !['', 'identity'].includes(coding.trim().toLowerCase()))
}

/** The status of a response that a callback has made a redirect or an error. @param before what it was at first */
export function changedToError(before: number | undefined, status: number | undefined): number | undefined {
  return status !== undefined && status !== before && status >= 300 ? status : undefined
}

/** The error for a body that was read and not kept. */
export function bodyConsumed(): PingerchipsError {
  return new PingerchipsError(
    'body_consumed',
    'Middleware read the request body before the Pingerchips auth endpoint and kept nothing of it. Mount the endpoint ' +
      'before that middleware, or have it keep the body as the request’s rawBody or body, or read a clone.',
  )
}

/** The error for a webhook whose bytes were not kept. */
export function rawBodyConsumed(): PingerchipsError {
  return new PingerchipsError(
    'body_consumed',
    'A body parser read this webhook before Pingerchips, which verifies the signature of the raw bytes. Mount ' +
      'pingerchips(…) before the parser, such as express.json(), or have the parser keep the bytes as req.rawBody: ' +
      'express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }). In a Pages API route of Next.js, ' +
      'export const config = { api: { bodyParser: false } }.',
  )
}
