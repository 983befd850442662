import type { IncomingMessage, ServerResponse } from 'node:http'
import { AuthEndpoint } from '../auth/auth-endpoint.ts'
import { type AuthEndpointOptions, assertFunction, handlerOptionNames } from '../auth/auth-options.ts'
import { internalError } from '../auth/responses.ts'
import { invalidArgument } from '../errors.ts'
import { notify, reportError } from '../internal/notify.ts'
import { assertOptions } from '../internal/validate.ts'
import { fromNodeRequest, limitBodyTime, sendNodeResponse } from './node-request.ts'

/** What {@link nodeHandler} adds to the context of each callback. */
export interface NodeHandlerContext {
  /** Node's response, for session libraries: `getServerSession(request, context.response, authOptions)`. */
  readonly response: ServerResponse
}

/** Options of {@link nodeHandler}. */
export interface NodeHandlerOptions<User, Request extends IncomingMessage = IncomingMessage>
  extends Omit<AuthEndpointOptions<Request, User, NodeHandlerContext>, 'path' | 'property'> {
  /**
   * Called with each error of the app: what a callback threw, or a result that cannot be signed. The client receives a 500
   * without details. Default: `console.error`. Not called where the router passes a `next`, which gets the error.
   */
  readonly onError?: ((error: Error, request: Request) => unknown) | undefined
}

/**
 * The auth endpoint for `node:http`, and for frameworks that call a handler with Node's request and response: the Pages
 * API of Next.js, restify, polka, a Nest controller. The caller routes: every request that it passes gets a response.
 * OPTIONS gets a 204 with `Allow` and without CORS headers. The body that a framework has parsed is read from
 * `req.rawBody` or `req.body`.
 *
 * @returns a handler. If a router passes a `next`, errors of the app go there
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { nodeHandler } from '@pingerchips/core/node'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const auth = nodeHandler({
 *   user: (req) => users.get(req.headers.authorization?.replace('Bearer ', '') ?? ''),
 *   authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 * })
 * createServer((req, res) => (req.url === '/pingerchips/auth' ? auth(req, res) : res.writeHead(404).end()))
 * ```
 */
export function nodeHandler<User = undefined, Request extends IncomingMessage = IncomingMessage>(
  options: NodeHandlerOptions<User, Request>,
): (req: Request, res: ServerResponse, next?: (error: Error) => void) => Promise<void> {
  assertOptions(options, 'options', handlerOptionNames)
  const { onError = reportError, ...rest } = options
  assertFunction(onError, 'options.onError')
  const endpoint = new AuthEndpoint<Request, User, NodeHandlerContext>(rest, ({ socket }) => socket.remoteAddress)
  const respond = async (req: Request, res: ServerResponse, next?: (error: Error) => void) => {
    // As fetchHandler: for an app without CORS middleware, which would have responded before.
    if (req.method === 'OPTIONS') {
      limitBodyTime(req, res)
      return void res.writeHead(204, { allow: 'POST' }).end()
    }
    try {
      const path = () => (req.url ?? '').replace(/\?.*/s, '')
      sendNodeResponse(res, await endpoint.respond(req, fromNodeRequest(req, res), path, { response: res }))
    } catch (error) {
      if (next) return next(error as Error)
      notify(onError, error as Error, req)
      sendNodeResponse(res, internalError)
    }
  }
  // Not an async function: restify refuses those that take a `next`.
  return (req, res, next) => {
    assertNodeRequest(req, res)
    return respond(req, res, next)
  }
}

function assertNodeRequest(req: unknown, res: unknown): void {
  const { setHeader } = Object(res) as Partial<ServerResponse>
  if (typeof req === 'object' && req !== null && 'headers' in req && typeof setHeader === 'function') return
  throw invalidArgument(
    'req',
    "must be Node's request, and res its response. For a Request, use fetchHandler of @pingerchips/core/fetch; for an AWS Lambda event, serverless-http",
  )
}
