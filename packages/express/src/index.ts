import {
  type AuthEndpointOptions,
  fromNodeRequest,
  headerOf,
  MountedEndpoint,
  type RequestClient,
  sendNodeResponse,
  warnIfUnreachable,
} from '@pingerchips/core/adapter'
import type { Request, RequestHandler, Response } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
      pingerchips: RequestClient
    }
  }
}

/** What the adapter adds to the context of each callback. */
export interface PingerchipsContext {
  /** Express's response, for session libraries: `getServerSession(req, context.response, authOptions)`. */
  readonly response: Response
}

/** Options of {@link pingerchips}. `Request` is Express's. */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<Request, User, PingerchipsContext>

/**
 * Adds `POST /pingerchips/auth`, and `req.pingerchips` for the handlers behind it. Mount it on an app, a router, a prefix or
 * its own path, with any body parser before it or none. Errors of the app go to its error middleware.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { pingerchips } from '@pingerchips/express'
 * import express from 'express'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const app = express()
 * app.use(
 *   pingerchips({
 *     user: (req) => users.get(req.get('authorization')?.replace('Bearer ', '') ?? ''),
 *     authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 *   }),
 * )
 * ```
 */
export function pingerchips<User = undefined>(options: PingerchipsOptions<User>): RequestHandler {
  const endpoint = new MountedEndpoint(options, (req) => req.ip)
  const middleware: RequestHandler = (req, res, next) => {
    const context = { response: res }
    const properties = req as Request & Record<string, unknown>
    endpoint.assertFree(properties[endpoint.property])
    properties[endpoint.property] = endpoint.requestClient(req, { header: (name) => headerOf(req, name) }, context)
    const route = endpoint.findRoute(req.method, (path) => isAt(req, path))
    if (route === undefined) {
      warnIfUnreachable(endpoint.routes, ownRouteOf(req, middleware))
      return next()
    }
    // Express 4 ignores the promise that a handler returns: an unhandled rejection would hang the request.
    route
      .respond(req, fromNodeRequest(req, res), context)
      .then((response) => sendNodeResponse(res, response))
      .catch(next)
  }
  return middleware
}

/**
 * The path of the route that has this middleware as a handler. The route of an earlier handler that called `next()` stays on
 * the request.
 */
function ownRouteOf({ route }: Request, middleware: RequestHandler): unknown {
  const layers: readonly { readonly handle: unknown }[] | undefined = route?.stack
  return layers?.some(({ handle }) => handle === middleware) ? route.path : undefined
}

/** Whether a request is for a path below the mount, or for the mount itself, if that is the path. */
function isAt(req: Request, route: string): boolean {
  if (isSamePath(req, req.path, route)) return true
  // `app.use('/pingerchips/auth', …)` and `app.use('*', …)` leave nothing of the path but a slash.
  return req.path === '/' && isSamePath(req, req.baseUrl.slice(-route.length), route)
}

/** Compares as Express matches routes: in any case and with a slash at the end, unless the app's settings differ. */
function isSamePath({ app }: Request, path: string, route: string): boolean {
  const slash = path.length === route.length + 1 && path.endsWith('/') && !app.enabled('strict routing')
  const routed = slash ? path.slice(0, -1) : path
  if (routed === route) return true
  return !app.enabled('case sensitive routing') && routed.toLowerCase() === route.toLowerCase()
}
