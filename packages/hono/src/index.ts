import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AuthEndpointOptions,
  bodyConsumed,
  type EndpointResponse,
  type FetchRequestDetails,
  fieldsOf,
  fromFetchRequest,
  limitBodyTime,
  MountedEndpoint,
  type RawBody,
  type ReceivedBody,
  type RequestClient,
  rawBodyConsumed,
  toResponse,
  warnIfUnreachable,
} from '@pingerchips/core/adapter'
import type { Context, Env, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** What the middleware adds to the context: `new Hono<PingerchipsEnv>()`, or `new Hono<MyEnv & PingerchipsEnv>()`. */
export interface PingerchipsEnv {
  /** The variables of `c.var` and `c.get`. */
  Variables: {
    /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
    pingerchips: RequestClient
  }
}

/** Options of {@link pingerchips}. On Workers, `client: (c) => PingerchipsServer.fromEnv(c.env)`. */
export type PingerchipsOptions<User = unknown, AppEnv extends Env = Env> = AuthEndpointOptions<Context<AppEnv>, User>

/**
 * Adds `POST /pingerchips/auth`, and `c.var.pingerchips` for the handlers behind it. Use it on an app, a base path or a
 * routed sub-app. Errors of the app are thrown, for its `onError`.
 *
 * Hono does not pass the type of the app to a middleware: write `user: (c: Context<AppEnv>) => …` for the types of `c.env`
 * and `c.var`.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { pingerchips } from '@pingerchips/hono'
 * import { Hono } from 'hono'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * const app = new Hono()
 * app.use(
 *   pingerchips({
 *     user: (c) => users.get(c.req.header('authorization')?.replace('Bearer ', '') ?? ''),
 *     authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 *   }),
 * )
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: Hono's own default for the environment of an app that is not known.
export function pingerchips<User = undefined, AppEnv extends Env = any>(
  options: PingerchipsOptions<User, AppEnv>,
): MiddlewareHandler<PingerchipsEnv> {
  const endpoint = new MountedEndpoint<Context<AppEnv>, User>(options)
  return (context, next) => {
    const c: Context = context
    endpoint.assertFree(c.get(endpoint.property))
    c.set(
      endpoint.property,
      endpoint.requestClient(c, {
        header: (name) => c.req.header(name),
        waitUntil: (promise) => executionContextOf(c)?.waitUntil(promise),
      }),
    )
    const route = endpoint.findRoute(c.req.method, (path) => isBelowMount(c, path))
    if (route === undefined) {
      warnIfUnreachable(endpoint.routes, c.req.routePath)
      return next()
    }
    const response = route.respond(c, fromFetchRequest(c.req.raw, detailsOf(c)))
    // Hono awaits promises of the global class alone, which zone.js replaces.
    return Promise.resolve(response).then((response) => respond(c, response))
  }
}

function respond(c: Context, response: EndpointResponse): Response {
  // Hono on Node sends a Response of our own fastest, but without what the app has set with c.header().
  return hasHeaders(c)
    ? c.body(response.body, response.status as ContentfulStatusCode, response.headers)
    : toResponse(response)
}

function detailsOf(c: Context): FetchRequestDetails {
  const node = nodeRequestOf(c)
  return {
    keptBody: () => keptBody(c),
    keptRawBody: () => keptRawBody(c),
    deadline: node && limitBodyTime(node.incoming, node.outgoing),
    framing: isNodeServerRequest(c.req.raw) ? node?.incoming.headers : undefined,
  }
}

/** What keeps a Worker running until a promise has settled. Elsewhere there is none, and Hono throws. */
function executionContextOf(c: Context): Context['executionCtx'] | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

/** Node's own request and response, which Hono on Node has beside the Fetch API's. */
function nodeRequestOf({ env }: Context): { incoming: IncomingMessage; outgoing?: ServerResponse } | undefined {
  const node = Object(env) as { incoming?: Partial<IncomingMessage> | null; outgoing?: ServerResponse }
  const isNode = node.incoming?.rawHeaders !== undefined && node.incoming.socket !== undefined
  return isNode ? (node as { incoming: IncomingMessage }) : undefined
}

/**
 * Whether a request is `@hono/node-server`'s own (1.13 and 2.1 were looked at), which has a plain prototype without a
 * constructor. Then Node's headers tell its length; a `Request` that the app has put in its place may have any body.
 */
function isNodeServerRequest(request: Request): boolean {
  return !Object.hasOwn(Object.getPrototypeOf(request), 'constructor')
}

/** Whether the app has set a header: only a response of the context shows it. */
function hasHeaders(c: Context): boolean {
  return c.body(null).headers.keys().next().done !== true
}

/**
 * Whether the request is for this path below what the middleware is registered on: `/v1/*` in `app.route('/v1', …)` and
 * `basePath('/v1')`, whose segments may be parameters. On a route of its own, `app.post('/v1/pingerchips/auth', …)` or
 * `app.post('/pingerchips/:action', …)`, Hono has done the matching.
 */
function isBelowMount({ req }: Context, path: string): boolean {
  if (!req.path.endsWith(path)) return false
  const { routePath } = req
  if (routePath === '/*') return req.path === path
  if (!routePath.endsWith('*')) return routePath.endsWith(path) || req.path === path
  const mount = routePath.replace(/\/?\*$/, '')
  return slashes(req.path) === slashes(mount) + slashes(path)
}

function slashes(path: string): number {
  return path.split('/').length - 1
}

/** What Hono keeps of a body that the app has read through `c.req`; nothing of one read from `c.req.raw`. */
async function keptBody({ req }: Context): Promise<ReceivedBody> {
  const { bodyCache } = req
  if (bodyCache.formData !== undefined) return fieldsOf(await req.formData())
  if (bodyCache.arrayBuffer !== undefined) return new Uint8Array(await req.arrayBuffer())
  if (Object.keys(bodyCache).length > 0) return req.text()
  throw bodyConsumed()
}

/** What Hono keeps of the raw body: it parses JSON from the text, and keeps no text of a form. */
async function keptRawBody({ req }: Context): Promise<RawBody> {
  const { arrayBuffer, blob, text } = req.bodyCache
  if (arrayBuffer !== undefined || blob !== undefined) return new Uint8Array(await req.arrayBuffer())
  if (text !== undefined) return req.text()
  throw rawBodyConsumed()
}
