import {
  type AuthEndpointOptions,
  fromNodeRequest,
  headerOf,
  MountedEndpoint,
  type RequestClient,
  warnIfUnreachable,
} from '@pingerchips/core/adapter'
import type { DefaultContext, DefaultState, Middleware, ParameterizedContext } from 'koa'

/** What the middleware adds to the context: `new Koa<DefaultState, PingerchipsContext>()`. */
export interface PingerchipsContext {
  /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
  pingerchips: RequestClient
}

/** Options of {@link pingerchips}. `State` and `Context` are the app's own. */
export type PingerchipsOptions<User = unknown, State = DefaultState, Context = DefaultContext> = AuthEndpointOptions<
  ParameterizedContext<State, Context>,
  User
>

/**
 * Adds `POST /pingerchips/auth`, and `ctx.pingerchips` for the handlers behind it. Use it on an app, below koa-mount, or
 * mounted at its own path, with any body parser before it or none. Errors of the app are thrown, for its error handling.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { pingerchips } from '@pingerchips/koa'
 * import Koa from 'koa'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const app = new Koa()
 * app.use(
 *   pingerchips({
 *     user: (ctx) => users.get(ctx.get('authorization').replace('Bearer ', '')),
 *     authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 *   }),
 * )
 * ```
 */
export function pingerchips<User = undefined, State = DefaultState, Context = DefaultContext>(
  options: PingerchipsOptions<User, State, Context>,
): Middleware<State, Context & PingerchipsContext> {
  const endpoint = new MountedEndpoint(options, (ctx) => ctx.ip)
  const middleware: Middleware<State, Context & PingerchipsContext> = async (ctx, next) => {
    const { req, res } = ctx
    const properties = ctx as Record<string, unknown>
    endpoint.assertFree(properties[endpoint.property])
    properties[endpoint.property] = endpoint.requestClient(ctx, { header: (name) => headerOf(req, name) })
    const route = endpoint.findRoute(ctx.method, (path) => isAt(ctx, path))
    if (route === undefined) {
      warnIfUnreachable(endpoint.routes, ownRouteOf(properties, middleware))
      return next()
    }
    // Koa's parsers leave their results on its own request, platforms on Node's.
    const { status, headers, body } = await route.respond(
      ctx,
      fromNodeRequest(req, res, [ctx.request as object, req as object]),
    )
    ctx.status = status
    ctx.set(headers)
    ctx.body = body
  }
  return middleware
}

/** The path of the route of @koa/router that has this middleware as a handler. */
function ownRouteOf({ matched, _matchedRoute }: Readonly<Record<string, unknown>>, middleware: unknown): unknown {
  if (!Array.isArray(matched)) return undefined
  const isOwn = matched.some((layer: { readonly stack?: readonly unknown[] }) => layer.stack?.includes(middleware))
  return isOwn ? _matchedRoute : undefined
}

/** Whether a request is for a path below the mount, or for the mount itself, if that is the path. */
function isAt({ path, mountPath }: { path: string; mountPath?: unknown }, route: string): boolean {
  // koa-mount leaves nothing of its own path but a slash.
  return path === route || (path === '/' && typeof mountPath === 'string' && mountPath.endsWith(route))
}
