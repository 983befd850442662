import { AuthEndpoint, type AuthEndpointOptions } from '../auth/auth-endpoint.ts'
import { assertOnError, handlerOptionNames } from '../auth/auth-options.ts'
import { clientPerEnv } from '../auth/client-per-env.ts'
import { type EndpointResponse, internalError } from '../auth/responses.ts'
import type { PingerchipsServer } from '../client.ts'
import { joinBytes } from '../internal/bytes.ts'
import { notify, reportError } from '../internal/notify.ts'
import { assertOptions } from '../internal/validate.ts'
import {
  bodyConsumed,
  bodyTimeout,
  type CarriedBody,
  type IncomingRequest,
  type RawBody,
  rawBodyConsumed,
  tooLarge,
} from './incoming-request.ts'

/**
 * Carries a Fetch API request in.
 * @param parsed what the framework kept of a body that was read already, if it keeps it
 * @param raw the bytes or the text of it, if it keeps those
 * @param framing Node's own headers, for a request that came over its wire as it is, and whose time `limitBodyTime`
 * limits. They tell the length, and a body of a known one is read whole, by the request's own `text()`. Default: it is read
 * in pieces, no further than the limit
 */
export function fromFetchRequest(
  request: Request,
  parsed?: () => CarriedBody | Promise<CarriedBody>,
  raw?: () => RawBody | Promise<RawBody>,
  framing?: Framing,
): IncomingRequest {
  return new FetchIncomingRequest(request, parsed, raw, framing)
}

/** The headers that say where a body ends: a part of what Node calls `headers`. */
export interface Framing {
  /** Bytes of the body, in decimal digits. */
  readonly 'content-length'?: string | undefined
  /** What the body is wrapped in, such as `chunked`: its length counts no more then. */
  readonly 'transfer-encoding'?: string | undefined
}

class FetchIncomingRequest implements IncomingRequest {
  readonly #request: Request
  readonly #headers: Headers
  readonly #parsed: (() => CarriedBody | Promise<CarriedBody>) | undefined
  readonly #raw: (() => RawBody | Promise<RawBody>) | undefined
  readonly #framing: Framing | undefined

  constructor(
    request: Request,
    parsed: (() => CarriedBody | Promise<CarriedBody>) | undefined,
    raw: (() => RawBody | Promise<RawBody>) | undefined,
    framing: Framing | undefined,
  ) {
    this.#request = request
    this.#headers = request.headers
    this.#parsed = parsed
    this.#raw = raw
    this.#framing = framing
  }

  get method(): string {
    return this.#request.method
  }

  header(name: string): string | undefined {
    if (name === 'content-length' && this.#framing !== undefined) return this.#framing[name]
    return this.#headers.get(name) ?? undefined
  }

  body(limit: number): CarriedBody | Promise<CarriedBody> {
    if (this.#request.bodyUsed) {
      if (this.#parsed) return this.#parsed()
      throw bodyConsumed()
    }
    // A server hands over no more than the Content-Length, which is within the limit (the endpoint has looked): RFC 9112,
    // section 6.3, and RFC 9113, section 8.1.1. To read it whole spares Hono on Node a second Request, and with it most of the
    // time. Of a Request that an app has made, such as one of what was compressed, the headers may tell anything.
    const { 'content-length': length, 'transfer-encoding': encoding } = this.#framing ?? {}
    if (length !== undefined && encoding === undefined) return this.#request.text().catch(broken)
    return readBounded(this.#request, limit)
  }

  rawBody(limit: number): RawBody | Promise<RawBody> {
    if (!this.#request.bodyUsed) return readBounded(this.#request, limit)
    if (this.#raw) return this.#raw()
    throw rawBodyConsumed()
  }
}

/** The client left before the end of the body. */
const broken = () => undefined

/**
 * A body that drips in counts as one that never ended. To cut the connection is the server's part: it does so behind an
 * answer to a request that has not ended.
 */
function inTime(body: Promise<RawBody>): Promise<RawBody> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), bodyTimeout)
    body.then((read) => {
      clearTimeout(timer)
      resolve(read)
    })
  })
}

async function readBounded(request: Request, limit: number): Promise<RawBody> {
  if (request.body === null) return new Uint8Array()
  const reader = request.body.getReader()
  const body = await inTime(readAll(reader, limit))
  // Not awaited: a source that never settles its cancellation would hang the answer.
  if (body === undefined || body === tooLarge) reader.cancel().catch(() => {})
  return body
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<RawBody> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > limit) return tooLarge
      chunks.push(value)
    }
  } catch {
    return undefined
  }
  return joinBytes(chunks, size)
}

/** Carries an answer out. */
export function toResponse({ status, headers, body }: EndpointResponse): Response {
  return new Response(body, { status, headers })
}

/** What {@link fetchHandler} takes. */
export interface FetchHandlerOptions<User, Env>
  extends Omit<AuthEndpointOptions<Request, User>, 'client' | 'path' | 'property'> {
  /**
   * Who signs. A function is called with the request and the runtime's `env`, and its client is kept for each `env`: on
   * Workers the secrets arrive there.
   */
  readonly client: PingerchipsServer | ((request: Request, env: Env) => PingerchipsServer)
  /**
   * Hears of every failure of the app's own: a callback that threw, an answer that cannot be signed. The client gets a
   * 500 without details. Default: `console.error`.
   */
  readonly onError?: ((error: Error, request: Request) => unknown) | undefined
}

/**
 * The auth endpoint for anything that takes a `Request` and wants a `Response`: the App Router of Next.js, Bun, Deno,
 * Workers, SvelteKit. It answers every request that it is given: the route is the caller's. OPTIONS is answered 204 with
 * `Allow` and without CORS headers.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function fetchHandler<User = undefined, Env = unknown>(
  options: FetchHandlerOptions<User, Env>,
): (request: Request, env?: Env) => Promise<Response> {
  assertOptions(options, 'options', handlerOptionNames)
  const { onError = reportError, client, ...rest } = options
  assertOnError(onError)
  const envs = new WeakMap<Request, Env>()
  const keep = clientPerEnv()
  const endpoint = new AuthEndpoint<Request, User>({
    ...rest,
    client:
      typeof client === 'function'
        ? (request) => {
            const env = envs.get(request) as Env
            return keep(env, () => client(request, env))
          }
        : client,
  })
  return async (request, env) => {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: 'POST' } })
    try {
      if (env !== undefined) envs.set(request, env)
      return toResponse(await endpoint.answer(request, fromFetchRequest(request), () => new URL(request.url).pathname))
    } catch (error) {
      notify(onError, error as Error, request)
      return toResponse(internalError)
    }
  }
}
