import { PingerchipsError } from '../errors.ts'

/**
 * A request as an adapter carries it in: the few things that the endpoint looks at. It decides nothing.
 */
export interface Carrier {
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
   * @returns {@link tooLarge} as soon as `limit` bytes are passed; `undefined` when the client left before its end
   * @throws {PingerchipsError} `body_consumed`, at once, if the stream was read and nothing of it is left
   */
  body(limit: number): CarriedBody | Promise<CarriedBody>
}

export type CarriedBody = Uint8Array | string | object | typeof tooLarge | undefined

/** The error for a body that is gone. */
export function bodyConsumed(): PingerchipsError {
  return new PingerchipsError(
    'body_consumed',
    'The request body was read before the Pingerchips auth endpoint and nothing of it was kept. Mount the endpoint before ' +
      'the middleware that reads the body, or have that middleware keep it as the request’s body or read a clone.',
  )
}

export const tooLarge: unique symbol = Symbol('the body is over the limit')
