import { PingerchipsError } from '../errors.ts'

/**
 * A request as an adapter carries it in: the few things that the endpoint looks at. It decides nothing.
 */
export interface IncomingRequest {
  /** The HTTP method, in upper case. */
  readonly method: string
  /**
   * The value of a header, by its lower-case name; `undefined` when it is not there. Values of one that came several
   * times are joined by `, ` (RFC 9110, section 5.3): to keep the first alone would hide the second.
   */
  header(name: string): string | undefined
  /**
   * The body. An unread stream is read, as bytes, and no further than `limit`; else this is what a parser of the app
   * left: bytes, text or an object.
   *
   * @returns what there is; {@link tooLarge} as soon as `limit` bytes are passed; `undefined` when the client left before its
   * end, or took longer than 10 seconds for it
   * @throws {PingerchipsError} `body_consumed`, at once, if the stream was read and nothing of it is left
   */
  body(limit: number): CarriedBody | Promise<CarriedBody>
  /**
   * The body as it came, to the byte, for what is signed: the unread stream, read as for `body`, else the bytes or the text
   * that the app has kept. Never what a parser made of it.
   *
   * @returns as `body` does
   * @throws {PingerchipsError} `body_consumed`, at once, if the stream was read and only what was parsed is left
   */
  rawBody(limit: number): RawBody | Promise<RawBody>
}

/**
 * A body as it came: bytes or text, {@link tooLarge}, or `undefined` when the client left before its end, or took longer
 * than 10 seconds for it.
 */
export type RawBody = Uint8Array | string | typeof tooLarge | undefined

/** A body as it came, or the object that a parser of the app made of it. */
export type CarriedBody = RawBody | object

/** The error for a body that is gone. */
export function bodyConsumed(): PingerchipsError {
  return new PingerchipsError(
    'body_consumed',
    'The request body was read before the Pingerchips auth endpoint and nothing of it was kept. Mount the endpoint before ' +
      'the middleware that reads the body, or have that middleware keep it as the request’s body or read a clone.',
  )
}

/** The error for a webhook of which no bytes are left. */
export function rawBodyConsumed(): PingerchipsError {
  return new PingerchipsError(
    'body_consumed',
    'A body parser has read this webhook before Pingerchips, which needs the bytes that were signed. Mount pingerchips(…) ' +
      'before the parser, such as express.json(), or have the parser keep the bytes as req.rawBody: ' +
      'express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }). In a Pages API route of Next.js, ' +
      'export const config = { api: { bodyParser: false } }.',
  )
}

/** Milliseconds that a client has for its body: a form of two fields that takes longer is no browser's. */
export const bodyTimeout = 10_000

/** In the place of a body that is over the limit: the rest of it was not kept. */
export const tooLarge: unique symbol = Symbol('the body is over the limit')
