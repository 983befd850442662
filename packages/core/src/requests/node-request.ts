import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { EndpointResponse } from '../auth/responses.ts'
import {
  bodyTimeout,
  changedToError,
  encoded,
  type IncomingRequest,
  isEncoded,
  type RawBody,
  type ReceivedBody,
  tooSlow,
} from './incoming-request.ts'
import { type BodyHolder, keptBody, keptRawBody, rawOf } from './kept-body.ts'
import { type BodyDeadline, readNodeStream } from './read-body.ts'

/**
 * Wraps Node's request for the endpoint, and limits the time that its body may take: see {@link limitBodyTime}.
 * @param req the request, its stream read or not
 * @param res its response
 * @param holders where the app may have kept a body that was read: the first raw one is taken. Default: `req`
 * @param isRead whether the app reads the stream itself. Default: by the state of the stream
 */
export function fromNodeRequest(
  req: IncomingMessage,
  res: ServerResponse,
  holders: readonly BodyHolder[] = [req as BodyHolder],
  isRead = false,
): IncomingRequest {
  return new NodeIncomingRequest(req, res, holders, isRead)
}

/** A class, since each request makes one: its methods are shared. */
class NodeIncomingRequest implements IncomingRequest {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  /** Koa's is 404 at first. */
  readonly #statusBefore: number
  readonly #deadline: BodyDeadline
  readonly #holders: readonly BodyHolder[]
  readonly #isRead: boolean

  constructor(req: IncomingMessage, res: ServerResponse, holders: readonly BodyHolder[], isRead: boolean) {
    this.#req = req
    this.#res = res
    this.#statusBefore = res.statusCode
    this.#deadline = limitBodyTime(req, res)
    this.#holders = holders
    this.#isRead = isRead
  }

  get method(): string {
    return this.#req.method ?? ''
  }

  get errorStatus(): number | undefined {
    return changedToError(this.#statusBefore, this.#res.statusCode)
  }

  header(name: string): string | undefined {
    return headerOf(this.#req, name)
  }

  body(limit: number): ReceivedBody | Promise<ReceivedBody> {
    return this.#wasRead ? keptBody(this.#holders, limit) : this.#read(limit)
  }

  rawBody(limit: number): RawBody | Promise<RawBody> {
    return this.#wasRead ? keptRawBody(this.#holders, limit) : this.#read(limit)
  }

  /** By the state of the stream, not by whether there is a body: parsers leave `{}` for types that they do not read. */
  get #wasRead(): boolean {
    return this.#isRead || this.#req.readableDidRead || this.#req.readableEnded
  }

  async #read(limit: number): Promise<RawBody> {
    // The client left while an earlier middleware was waiting: no event follows.
    if (this.#req.destroyed) return undefined
    if (isEncoded(this.header('content-encoding'))) return encoded
    const body = await readNodeStream(this.#req, limit, this.#deadline)
    // Serverless platforms may pass an empty stream, and the body beside it.
    return body instanceof Uint8Array && body.byteLength === 0 ? (rawOf(this.#holders, limit) ?? body) : body
  }
}

/**
 * A header's value, by its lower-case name, with those of a repeated one joined. From the raw headers, since Node keeps
 * only the first `authorization`, among others.
 */
export function headerOf({ headers, rawHeaders }: IncomingMessage, name: string): string | undefined {
  const first = headers[name]
  const separator = name === 'cookie' ? '; ' : ', '
  // A request that a test or a serverless platform has made may have no raw headers.
  if (first === undefined || !Array.isArray(rawHeaders)) return Array.isArray(first) ? first.join(separator) : first
  let joined: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] as string
    if (raw.length !== name.length || raw.toLowerCase() !== name) continue
    joined = joined === undefined ? rawHeaders[at + 1] : `${joined}${separator}${rawHeaders[at + 1]}`
  }
  return joined ?? String(first)
}

/**
 * Limits the time of a request's body to 10 seconds, whether it is read or not. Then the client gets a 408 if no response
 * was begun, and the connection is closed. Node's own limit is 5 minutes, and frameworks have none.
 * @param res left out where the platform has none: then the connection is closed without a response
 */
export function limitBodyTime(req: IncomingMessage, res?: ServerResponse): BodyDeadline {
  const deadline = new NodeBodyDeadline(req, res)
  // A timer with its listeners takes 1.0 µs, a place in this list 0.02 µs (Node 20), and most bodies have arrived at the end
  // of the turn in which their request does: they need no timer.
  if (!req.complete && arrived.push(deadline) === 1) timers.setImmediate(limitUnfinished)
  return deadline
}

/** Next.js warns of each file for the Edge Runtime that has the bare name in it, though it is for Node's requests alone. */
const timers = globalThis

/** The requests of this turn of the event loop. */
const arrived: NodeBodyDeadline[] = []

function limitUnfinished(): void {
  for (const deadline of arrived.splice(0)) deadline.start()
}

class NodeBodyDeadline implements BodyDeadline {
  onExpired: BodyDeadline['onExpired']
  readonly #req: IncomingMessage
  readonly #res: ServerResponse | undefined

  constructor(req: IncomingMessage, res: ServerResponse | undefined) {
    this.#req = req
    this.#res = res
  }

  start(): void {
    const req = this.#req
    if (req.complete || req.destroyed) return
    // Kept: a request that a framework destroys loses its socket, which stays open.
    const { socket } = req
    // A request in memory, as of Fastify's inject(), has no connection to close.
    if (typeof socket?.destroy !== 'function') return
    const timer = setTimeout(() => this.#expire(socket), bodyTimeout)
    const end = () => {
      clearTimeout(timer)
      req.off('end', end)
      socket.off('close', end)
    }
    req.once('end', end)
    // Not 'close' of the request: a response that ends first closes it, and the client may go on sending.
    socket.once('close', end)
  }

  #expire(socket: Socket): void {
    const [req, res, respond] = [this.#req, this.#res, this.onExpired]
    if (req.complete) return
    if (res === undefined || respond === undefined || res.headersSent) {
      this.#close(socket)
      return
    }
    // In HTTP/2, the response finishes with its stream, which the request's body keeps open.
    const { stream = res } = res as ServerResponse & { readonly stream?: Writable }
    stream.once('finish', () => this.#close(socket))
    respond(tooSlow)
  }

  #close(socket: Socket): void {
    this.#req.destroy()
    socket.destroy()
  }
}

/** Sends a response with Node. Headers that the app has set, such as CORS, stay. */
export function sendNodeResponse(res: ServerResponse, { status, headers, body }: EndpointResponse): void {
  if (res.headersSent) return
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.end(body)
}
