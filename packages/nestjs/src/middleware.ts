import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AuthEndpointOptions,
  fromNodeRequest,
  headerOf,
  MountedEndpoint,
  sendNodeResponse,
} from '@pingerchips/core/adapter'

/** A request as a middleware of Nest receives it: Express's, or Node's own with Fastify. */
type MiddlewareRequest = IncomingMessage & {
  readonly originalUrl?: string
  readonly ip?: string
}

/** Options of {@link pingerchips}. */
export type PingerchipsMiddlewareOptions<
  Request extends IncomingMessage = IncomingMessage,
  User = unknown,
> = AuthEndpointOptions<Request, User>

/** The type of the function that {@link pingerchips} returns. */
export type PingerchipsMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Makes a middleware with the auth endpoint, for `consumer.apply(pingerchips(options)).forRoutes('*')`, for a path, and
 * for `app.use()`. Sets `req.pingerchips` for the handlers behind it. Nest runs middleware before guards: no guard
 * applies to the endpoint. `path` is the whole path, with the app's global prefix.
 *
 * @example
 * ```ts
 * export class AppModule implements NestModule {
 *   configure(consumer: MiddlewareConsumer) {
 *     consumer.apply(pingerchips({ client, user, authorize })).forRoutes('*')
 *   }
 * }
 * ```
 * @throws {TypeError} if an option is missing, malformed or unknown
 */
export function pingerchips<Request extends IncomingMessage = IncomingMessage, User = undefined>(
  options: PingerchipsMiddlewareOptions<Request, User>,
): PingerchipsMiddleware {
  const endpoint = new MountedEndpoint(options, (req) => (req as MiddlewareRequest).ip ?? req.socket.remoteAddress)
  return async (incoming, res, next) => {
    const req = incoming as Request & MiddlewareRequest
    const properties: Record<string, unknown> = req as never
    endpoint.assertFree(properties[endpoint.property])
    properties[endpoint.property] = endpoint.requestClient(req, { header: (name) => headerOf(req, name) })
    // Nest mounts middleware below the path of its route, which is taken off `url`.
    const [path] = (req.originalUrl ?? req.url ?? '').split('?', 1)
    const route = endpoint.findRoute(req.method ?? '', (mounted) => mounted === path)
    if (route === undefined) return next()
    try {
      sendNodeResponse(res, await route.respond(req, fromNodeRequest(req, res)))
    } catch (error) {
      next(error)
    }
  }
}
