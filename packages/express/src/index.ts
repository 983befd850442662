import {
  AuthEndpoint,
  type AuthEndpointOptions,
  fromNodeRequest,
  headerOf,
  type RequestClient,
  type RequestPorts,
  sendNodeResponse,
} from '@pingerchips/core/adapter'
import type { Request, RequestHandler } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
      pingerchips: RequestClient
    }
  }
}

/** What {@link pingerchips} takes. `Request` is Express's. */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<Request, User>

/**
 * Mounts `POST /pingerchips/auth` and gives the handlers behind it `req.pingerchips`. Works on an app and on a router,
 * with any body parser in front or none. Failures of the app's own go to its error middleware.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function pingerchips<User = undefined>(options: PingerchipsOptions<User>): RequestHandler {
  const endpoint = new AuthEndpoint(options, (req) => req.ip)
  return (req, res, next) => {
    ;(req as Request & Record<string, unknown>)[endpoint.property] = endpoint.requestClient(req, ports)
    const route = endpoint.route(req.method, (path) => routedPath(req, path) === path)
    if (route === undefined) return next()
    const answer = route.answer(
      req,
      fromNodeRequest(req, () => req.body),
    )
    // Express 4 does not look at what a handler returns: a rejection that nobody catches would hang the request.
    Promise.resolve(answer)
      .then((answer) => sendNodeResponse(res, answer))
      .catch(next)
  }
}

const ports: RequestPorts<Request> = { header: headerOf }

/** The path as Express matches routes: in any case and with a slash at its end, unless the app's settings differ. */
function routedPath({ app, path }: Request, route: string): string {
  const slash = path.length === route.length + 1 && path.endsWith('/') && !app.enabled('strict routing')
  const routed = slash ? path.slice(0, -1) : path
  if (routed.length !== route.length || routed === route || app.enabled('case sensitive routing')) return routed
  return routed.toLowerCase() === route.toLowerCase() ? route : routed
}
