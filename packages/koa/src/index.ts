import {
  AuthEndpoint,
  type AuthEndpointOptions,
  fromNodeRequest,
  headerOf,
  type RequestClient,
  type RequestPorts,
  rawBodyOf,
} from '@pingerchips/core/adapter'
import type { DefaultContext, DefaultState, Middleware, ParameterizedContext } from 'koa'

/** What the middleware adds to the context: `new Koa<DefaultState, PingerchipsContext>()`. */
export interface PingerchipsContext {
  /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
  pingerchips: RequestClient
}

/** What {@link pingerchips} takes. `State` and `Context` are the app's own. */
export type PingerchipsOptions<User = unknown, State = DefaultState, Context = DefaultContext> = AuthEndpointOptions<
  ParameterizedContext<State, Context>,
  User
>

const ports: RequestPorts<Pick<ParameterizedContext, 'req'>> = { header: ({ req }, name) => headerOf(req, name) }

/**
 * Mounts `POST /pingerchips/auth` and gives the handlers behind it `ctx.pingerchips`. Works on an app and below
 * koa-mount, with any body parser in front or none. Failures of the app's own are thrown, for its error handling.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function pingerchips<User = undefined, State = DefaultState, Context = DefaultContext>(
  options: PingerchipsOptions<User, State, Context>,
): Middleware<State, Context & PingerchipsContext> {
  const endpoint = new AuthEndpoint(options, (ctx) => ctx.ip)
  return async (ctx, next) => {
    ;(ctx as Record<string, unknown>)[endpoint.property] = endpoint.requestClient(ctx, ports)
    const route = endpoint.route(ctx.method, (path) => path === ctx.path)
    if (route === undefined) return next()
    const { status, headers, body } = await route.answer(
      ctx,
      fromNodeRequest(
        ctx.req,
        () => ('body' in ctx.request ? ctx.request.body : undefined),
        () => rawBodyOf(ctx.request) ?? rawBodyOf(ctx.req),
      ),
    )
    ctx.status = status
    ctx.set(headers)
    ctx.body = body
  }
}
