import type { EndpointResponse } from '../auth/responses.ts'
import {
  bodyConsumed,
  changedToError,
  encoded,
  type IncomingRequest,
  isEncoded,
  type RawBody,
  type ReceivedBody,
  rawBodyConsumed,
} from './incoming-request.ts'
import { type BodyDeadline, readWebStream, withBodyTimeout } from './read-body.ts'

/** What an adapter knows of a Fetch API request beside the request itself. */
export interface FetchRequestDetails {
  /** The body that the framework has kept of a request that was read, if it keeps it. */
  readonly keptBody?: (() => ReceivedBody | Promise<ReceivedBody>) | undefined
  /** The bytes or the text that it has kept, if it keeps them. */
  readonly keptRawBody?: (() => RawBody | Promise<RawBody>) | undefined
  /** On Node, what `limitBodyTime` returned for the request. Default: the time is limited while the body is read. */
  readonly deadline?: BodyDeadline | undefined
  /** The status that the app has set on the framework's response, where the framework shows it. */
  readonly responseStatus?: (() => number | undefined) | undefined
  /**
   * Node's own headers of a request that is passed on as it arrived. If they have a length, the body is read whole, by the
   * request's own `text()`.
   */
  readonly framing?: Framing | undefined
}

/** The headers that say where a body ends: a part of what Node calls `headers`. */
export interface Framing {
  /** Bytes of the body, in decimal digits. */
  readonly 'content-length'?: string | undefined
  /** How the body is framed, such as `chunked`: then its length does not count. */
  readonly 'transfer-encoding'?: string | undefined
}

/** Wraps a Fetch API request for the endpoint. */
export function fromFetchRequest(request: Request, details: FetchRequestDetails = {}): IncomingRequest {
  return new FetchIncomingRequest(request, details)
}

/**
 * Where workerd has joined two `Cookie` fields, as it joins any header (RFC 6265, section 5.4, joins them by `; `). No
 * cookie's value contains a comma with a space behind it.
 */
const joinedCookies = /, (?=[!#$%&'*+.^_`|~0-9A-Za-z-]+=)/g

class FetchIncomingRequest implements IncomingRequest {
  readonly #request: Request
  readonly #details: FetchRequestDetails
  readonly #statusBefore: number | undefined

  constructor(request: Request, details: FetchRequestDetails) {
    this.#request = request
    this.#details = details
    this.#statusBefore = details.responseStatus?.()
  }

  get method(): string {
    return this.#request.method
  }

  get errorStatus(): number | undefined {
    return changedToError(this.#statusBefore, this.#details.responseStatus?.())
  }

  header(name: string): string | undefined {
    const { framing } = this.#details
    if (name === 'content-length' && framing !== undefined) return framing[name]
    const value = this.#request.headers.get(name) ?? undefined
    return name === 'cookie' ? value?.replace(joinedCookies, '; ') : value
  }

  body(limit: number): ReceivedBody | Promise<ReceivedBody> {
    if (!this.#request.bodyUsed) return this.#read(limit, true)
    const { keptBody } = this.#details
    if (keptBody === undefined) throw bodyConsumed()
    return keptBody()
  }

  rawBody(limit: number): RawBody | Promise<RawBody> {
    if (!this.#request.bodyUsed) return this.#read(limit, false)
    const { keptRawBody } = this.#details
    if (keptRawBody === undefined) throw rawBodyConsumed()
    return keptRawBody()
  }

  /** @param asText whether text is as good as bytes: a byte order mark is lost in it, and so are invalid bytes */
  #read(limit: number, asText: boolean): RawBody | Promise<RawBody> {
    if (isEncoded(this.header('content-encoding'))) return encoded
    const { framing, deadline } = this.#details
    // A server passes on no more than the Content-Length, which the endpoint has compared with the limit (RFC 9112, section
    // 6.3; RFC 9113, section 8.1.1). Hono on Node needs no second Request for a body that is read whole: 126 µs of CPU for
    // a request and its client, instead of 290 µs (Node 20). The headers of a Request that the app has made may be those
    // of another body.
    if (asText && framing?.['content-length'] !== undefined && framing['transfer-encoding'] === undefined)
      return withBodyTimeout(this.#request.text().catch(broken), deadline)
    const { body } = this.#request
    return body === null ? new Uint8Array() : readWebStream(body, limit, deadline)
  }
}

/** The client left before the end of the body. */
const broken = () => undefined

/** Makes a Fetch API response. */
export function toResponse({ status, headers, body }: EndpointResponse): Response {
  return new Response(body, { status, headers })
}
