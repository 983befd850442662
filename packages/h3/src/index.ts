import {
  type AuthEndpointOptions,
  MountedEndpoint,
  type RequestClient,
  warnIfUnreachable,
} from '@pingerchips/core/adapter'
import type { H3Event } from 'h3'
import { versionOf } from './version.ts'

declare module 'h3' {
  interface H3EventContext {
    /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
    pingerchips: RequestClient
  }
}

/** Options of {@link pingerchips}. */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<H3Event, User>

/** A middleware for h3 2, and an event handler for h3 1. It responds for the endpoint, and passes other requests on. */
export interface PingerchipsMiddleware {
  (event: H3Event): Promise<string | undefined>
  /** The mark of an event handler in h3 1. */
  readonly __is_handler__?: true
}

/**
 * Adds `POST /pingerchips/auth`, and `event.context.pingerchips` for the handlers behind it. Use it on an app, below a mount,
 * or as a file in Nitro's `server/middleware`. Errors of the app are thrown, for its error handling.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { pingerchips } from '@pingerchips/h3'
 * import { H3 } from 'h3'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const app = new H3()
 * app.use(
 *   pingerchips({
 *     user: (event) => users.get(event.req.headers.get('authorization')?.replace('Bearer ', '') ?? ''),
 *     authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 *   }),
 * )
 * ```
 */
export function pingerchips<User = undefined>(options: PingerchipsOptions<User>): PingerchipsMiddleware {
  const endpoint = new MountedEndpoint<H3Event, User>(options, (event) => versionOf(event).address(event))
  const middleware = async (event: H3Event): Promise<string | undefined> => {
    const version = versionOf(event)
    const context: Record<string, unknown> = event.context
    endpoint.assertFree(context[endpoint.property])
    context[endpoint.property] = endpoint.requestClient(event, {
      header: (name) => version.header(event, name),
      // Of h3 2, and of Nitro's events of h3 1.
      waitUntil: (promise) => event.waitUntil?.(promise),
    })
    const path = version.path(event)
    // With a slash at the end too, as h3 matches its own routes.
    const route = endpoint.findRoute(version.method(event), (mounted) => path === mounted || path === `${mounted}/`)
    if (route === undefined) {
      warnIfUnreachable(endpoint.routes, ownRouteOf(context.matchedRoute, middleware))
      return undefined
    }
    return version.respond(event, await route.respond(event, await version.incoming(event)))
  }
  return Object.assign(middleware, { __is_handler__: true } as const)
}

/**
 * The path of the route that has this middleware as its handler. A middleware that runs before a route finds that route in
 * the context too.
 */
function ownRouteOf(matched: unknown, middleware: unknown): unknown {
  // `route` and `handler` are of h3 2; `path` and `handlers`, by method, of h3 1.
  const { route, handler, path, handlers } = Object(matched) as Readonly<Record<string, unknown>>
  if (handler === middleware) return route
  return Object.values(Object(handlers)).includes(middleware) ? path : undefined
}
