import type { IncomingMessage, ServerResponse } from 'node:http'
import { joinBytes } from '../bytes.ts'
import { PingerchipsError } from '../errors.ts'
import { type Answer, internalError } from './answer.ts'
import { type CarriedBody, type Carrier, tooLarge } from './carrier.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import { assertOnError, reportError } from './report-error.ts'

/**
 * Carries a Node request in.
 * @param req the request, its stream read or not
 * @param parsed what a parser of the app left of the body; asked for only when the stream was read
 */
export function nodeCarrier(req: IncomingMessage, parsed: () => unknown): Carrier {
  return {
    method: req.method ?? '',
    header(name) {
      const value = req.headers[name]
      return typeof value === 'string' ? value : value?.join(', ')
    },
    // By what happened to the stream, not by whether there is a body: parsers leave `{}` for a type that is not theirs.
    body: (limit) => (req.readableDidRead || req.readableEnded ? leftBy(parsed()) : readBounded(req, limit)),
  }
}

function leftBy(parsed: unknown): CarriedBody {
  if (typeof parsed === 'string' || (typeof parsed === 'object' && parsed !== null)) return parsed
  throw new PingerchipsError(
    'body_consumed',
    'The request body was read before the Pingerchips auth endpoint and nothing of it was kept. Mount the endpoint before ' +
      'the middleware that reads the body, or let that middleware keep it as the request’s `body`.',
  )
}

/** Reads a stream as bytes. Past the limit it stops keeping: what still comes is drained by Node once it is answered. */
export function readBounded(stream: NodeJS.ReadableStream, limit: number): Promise<CarriedBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (body: CarriedBody) => {
      stream.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken)
      // The stream may still fail; nobody else listens, and an 'error' that nobody hears ends the process.
      if (body === tooLarge || body === undefined) stream.on('error', () => {})
      resolve(body)
    }
    const onData = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.byteLength
      if (size > limit) settle(tooLarge)
      else chunks.push(bytes)
    }
    const onEnd = () => settle(joinBytes(chunks, size))
    const onBroken = () => settle(undefined)
    stream.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken)
  })
}

/** Carries an answer out. Headers that the app set before, such as CORS, stay. */
export function sendNode(res: ServerResponse, answer: Answer): void {
  if (res.headersSent) return
  res.statusCode = answer.status
  for (const name in answer.headers) res.setHeader(name, answer.headers[name] as string)
  res.end(answer.body)
}

/** What {@link nodeHandler} takes. The body that a framework parsed is found as `req.body`. */
export interface NodeHandlerOptions<User> extends Omit<EndpointOptions<IncomingMessage, User>, 'path' | 'name'> {
  /**
   * Hears of every failure of the app's own: a callback that threw, an answer that cannot be signed. The client gets a
   * 500 without details. Default: `console.error`. Not called where there is a `next`.
   */
  readonly onError?: ((error: Error, req: IncomingMessage) => void) | undefined
}

/**
 * The auth endpoint for `node:http` and for whatever calls a handler with Node's request and response, such as the Pages
 * API of Next.js. It answers every request that it is given: the route is the caller's.
 *
 * @returns a handler. Given a `next`, as connect-like routers do, it passes the app's failures there
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function nodeHandler<User = undefined>(
  options: NodeHandlerOptions<User>,
): (req: IncomingMessage, res: ServerResponse, next?: (error: Error) => void) => Promise<void> {
  const { onError = reportError, ...rest } = { ...options }
  assertOnError(onError)
  const endpoint = new Endpoint(rest)
  return async (req, res, next) => {
    try {
      sendNode(
        res,
        await endpoint.answer(
          req,
          nodeCarrier(req, () => bodyOf(req)),
        ),
      )
    } catch (error) {
      if (next) return next(error as Error)
      onError(error as Error, req)
      sendNode(res, internalError)
    }
  }
}

function bodyOf(req: IncomingMessage): unknown {
  return 'body' in req ? req.body : undefined
}
