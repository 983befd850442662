import type { IncomingMessage, ServerResponse } from 'node:http'
import { AuthEndpoint, type AuthEndpointOptions } from '../auth/auth-endpoint.ts'
import { assertOnError, handlerOptionNames } from '../auth/auth-options.ts'
import { type EndpointResponse, internalError } from '../auth/responses.ts'
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
 * Carries a Node request in.
 * @param req the request, its stream read or not
 * @param parsed what a parser of the app left of the body; asked for only when the stream was read
 * @param raw the bytes or the text that it was made of, where the app has kept them. Default: `req.rawBody`, where the
 * `verify` hooks of body parsers and several platforms put them
 */
export function fromNodeRequest(
  req: IncomingMessage,
  parsed: () => unknown,
  raw: () => unknown = () => rawBodyOf(req),
): IncomingRequest {
  return new NodeIncomingRequest(req, parsed, raw)
}

/** The bytes or the text of a body, where the app has kept them: `req.rawBody`, as the `verify` hooks of body parsers do. */
export function rawBodyOf(request: object): unknown {
  return 'rawBody' in request ? request.rawBody : undefined
}

/** A class, since one is made for every request: its methods are shared. */
class NodeIncomingRequest implements IncomingRequest {
  readonly #req: IncomingMessage
  readonly #parsed: () => unknown
  readonly #raw: () => unknown

  constructor(req: IncomingMessage, parsed: () => unknown, raw: () => unknown) {
    this.#req = req
    this.#parsed = parsed
    this.#raw = raw
  }

  get method(): string {
    return this.#req.method ?? ''
  }

  header(name: string): string | undefined {
    return headerOf(this.#req, name)
  }

  body(limit: number): CarriedBody | Promise<CarriedBody> {
    return this.#wasRead ? leftBy(this.#parsed()) : this.#read(limit)
  }

  rawBody(limit: number): RawBody | Promise<RawBody> {
    return this.#wasRead ? rawLeftBy(this.#raw(), this.#parsed()) : this.#read(limit)
  }

  /** By what happened to the stream, not by whether there is a body: parsers leave `{}` for a type that is not theirs. */
  get #wasRead(): boolean {
    return this.#req.readableDidRead || this.#req.readableEnded
  }

  #read(limit: number): undefined | Promise<RawBody> {
    // The client left while an earlier middleware was waiting: no event will ever tell.
    if (this.#req.destroyed) return undefined
    limitBodyTime(this.#req)
    return readBounded(this.#req, limit)
  }
}

/**
 * A header's value, by its lower-case name, with those of one that came several times joined. From what came, since Node
 * keeps the first alone of some, `authorization` among them.
 */
export function headerOf({ headers, rawHeaders }: IncomingMessage, name: string): string | undefined {
  const first = headers[name]
  // What is not a real request, but made by a test or a serverless platform, may have no raw headers.
  if (first === undefined || !Array.isArray(rawHeaders)) return Array.isArray(first) ? first.join(', ') : first
  let joined: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] as string
    if (raw.length !== name.length || raw.toLowerCase() !== name) continue
    joined = joined === undefined ? rawHeaders[at + 1] : `${joined}, ${rawHeaders[at + 1]}`
  }
  return joined ?? String(first)
}

function leftBy(parsed: unknown): CarriedBody {
  if (parsed === undefined) throw bodyConsumed()
  // `null` and `1` are JSON too, to a parser that is not strict: read, and malformed.
  return typeof parsed === 'string' || (typeof parsed === 'object' && parsed !== null) ? parsed : undefined
}

function rawLeftBy(...kept: readonly unknown[]): RawBody {
  for (const body of kept) if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as Uint8Array | string
  throw rawBodyConsumed()
}

/**
 * Cuts the connection of a client whose body has not ended in time, be it that it drips in, or that it goes on and on
 * behind a 413. Not every framework has a time-out for that.
 */
export function limitBodyTime(req: IncomingMessage): void {
  if (arrived.push(req) === 1) setImmediate(limitUnfinished)
}

/** The requests of this turn of the event loop. Most of them are whole at its end: a timer takes as long as a signature. */
const arrived: IncomingMessage[] = []

function limitUnfinished(): void {
  for (const req of arrived.splice(0)) {
    if (req.complete || req.destroyed) continue
    const timer = setTimeout(() => req.destroy(), bodyTimeout)
    const end = () => clearTimeout(timer)
    req.on('end', end).on('close', end)
  }
}

/** Reads a stream as bytes. Past the limit it stops keeping: what still comes is drained by Node once it is answered. */
function readBounded(stream: IncomingMessage, limit: number): Promise<RawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, stream.readableEncoding ?? 'utf8') : chunk
      size += bytes.byteLength
      if (size <= limit) chunks.push(bytes)
      else giveUp(tooLarge)
    }
    const onEnd = () => resolve(joinBytes(chunks, size))
    const onBroken = () => giveUp(undefined)
    const giveUp = (body: RawBody) => {
      stream.off('data', onData).off('end', onEnd).off('close', onBroken)
      resolve(body)
    }
    // 'error' stays: the stream may fail later too, and an 'error' that nobody hears ends the process.
    stream.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken)
  })
}

/** Carries an answer out. Headers that the app set before, such as CORS, stay. */
export function sendNodeResponse(res: ServerResponse, answer: EndpointResponse): void {
  if (res.headersSent) return
  res.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value)
  res.end(answer.body)
}

/** What {@link nodeHandler} takes. The body that a framework parsed is found as `req.body`. */
export interface NodeHandlerOptions<User, Request extends IncomingMessage = IncomingMessage>
  extends Omit<AuthEndpointOptions<Request, User>, 'path' | 'property'> {
  /**
   * Hears of every failure of the app's own: a callback that threw, an answer that cannot be signed. The client gets a
   * 500 without details. Default: `console.error`. Not called where there is a `next`.
   */
  readonly onError?: ((error: Error, req: Request) => unknown) | undefined
}

/**
 * The auth endpoint for `node:http` and for whatever calls a handler with Node's request and response, such as the Pages
 * API of Next.js. It answers every request that it is given: the route is the caller's. OPTIONS is answered 204 with
 * `Allow` and without CORS headers.
 *
 * @returns a handler. Given a `next`, as connect-like routers do, it passes the app's failures there
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function nodeHandler<User = undefined, Request extends IncomingMessage = IncomingMessage>(
  options: NodeHandlerOptions<User, Request>,
): (req: Request, res: ServerResponse, next?: (error: Error) => void) => Promise<void> {
  assertOptions(options, 'options', handlerOptionNames)
  const { onError = reportError, ...rest } = options
  assertOnError(onError)
  const endpoint = new AuthEndpoint<Request, User>(rest, ({ socket }) => socket.remoteAddress)
  return async (req, res, next) => {
    // As fetchHandler: for an app without CORS middleware, which would have answered before.
    if (req.method === 'OPTIONS') return void res.writeHead(204, { allow: 'POST' }).end()
    try {
      sendNodeResponse(
        res,
        await endpoint.answer(
          req,
          fromNodeRequest(req, () => bodyOf(req)),
          () => (req.url ?? '').replace(/[?#].*/, ''),
        ),
      )
    } catch (error) {
      if (next) return next(error as Error)
      notify(onError, error as Error, req)
      sendNodeResponse(res, internalError)
    }
  }
}

function bodyOf(req: IncomingMessage): unknown {
  return 'body' in req ? req.body : undefined
}
