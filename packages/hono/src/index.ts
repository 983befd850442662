import type { IncomingMessage } from 'node:http'
import {
  AuthEndpoint,
  type AuthEndpointOptions,
  bodyConsumed,
  type CarriedBody,
  clientPerEnv,
  type EndpointResponse,
  fromFetchRequest,
  limitBodyTime,
  type RawBody,
  type RequestClient,
  type RequestPorts,
  rawBodyConsumed,
  toResponse,
} from '@pingerchips/core/adapter'
import type { Context, Env, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** What the middleware adds to the context: `new Hono<PingerchipsEnv>()`, or `new Hono<MyEnv & PingerchipsEnv>()`. */
export interface PingerchipsEnv {
  /** What `c.var` and `c.get` know: the app's client, in every handler behind the middleware. */
  Variables: {
    /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
    pingerchips: RequestClient
  }
}

/**
 * What {@link pingerchips} takes. A `client` function is called once for each `c.env` object and its client kept: on
 * Workers the secrets arrive there. It must not depend on anything else of the request: another tenant would be signed
 * for with the first one's secret.
 */
export type PingerchipsOptions<User = unknown, AppEnv extends Env = Env> = AuthEndpointOptions<Context<AppEnv>, User>

/**
 * Mounts `POST /pingerchips/auth` and gives the handlers behind it `c.var.pingerchips`. Works on an app, a base path and
 * a routed sub-app. Failures of the app's own are thrown, for its `onError`.
 *
 * Hono does not tell a middleware the type of the app that uses it: write `user: (c: Context<AppEnv>) => …` to have
 * `c.env` and `c.var` typed there.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
// biome-ignore lint/suspicious/noExplicitAny: Hono's own default for the environment of an app that is not known.
export function pingerchips<User = undefined, AppEnv extends Env = any>(
  options: PingerchipsOptions<User, AppEnv>,
): MiddlewareHandler<PingerchipsEnv> {
  const { client } = { ...options }
  const keep = clientPerEnv()
  const endpoint = new AuthEndpoint<Context<AppEnv>, User>({
    ...options,
    client: typeof client === 'function' ? (c) => keep(c.env, () => client(c)) : client,
  })
  return (context, next) => {
    const c: Context = context
    c.set(endpoint.property, endpoint.requestClient(c, ports))
    const route = endpoint.route(c.req.method, (path) => isBelowMount(c, path))
    if (route === undefined) return next()
    const incoming = incomingOf(c)
    if (incoming !== undefined) limitBodyTime(incoming)
    const answer = route.answer(
      c,
      fromFetchRequest(
        c.req.raw,
        () => keptBody(c),
        () => keptRawBody(c),
        isStandIn(c.req.raw) ? incoming?.headers : undefined,
      ),
    )
    return Promise.resolve(answer).then((answer) => respond(c, answer))
  }
}

function respond(c: Context, answer: EndpointResponse): Response {
  // A Response of our own is what Hono on Node sends fastest, and it would lose what the app has set with c.header().
  return hasHeaders(c) ? c.body(answer.body, answer.status as ContentfulStatusCode, answer.headers) : toResponse(answer)
}

const ports: RequestPorts<Context> = {
  header: ({ req }, name) => req.header(name),
  waitUntil: (c, promise) => executionContextOf(c)?.waitUntil(promise),
}

/** What keeps a Worker until a promise has settled. Elsewhere there is none, and Hono throws. */
function executionContextOf(c: Context): Context['executionCtx'] | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

/** Node's own request, which Hono on Node has beside the Fetch API's. */
function incomingOf({ env }: Context): IncomingMessage | undefined {
  const { incoming } = Object(env) as { incoming?: Partial<IncomingMessage> | null }
  return incoming?.rawHeaders !== undefined && incoming.socket !== undefined ? (incoming as IncomingMessage) : undefined
}

/**
 * Whether it stands in for Node's request, whose headers then tell its length. `@hono/node-server` (1.13 and 2.1 were looked
 * at) makes its own of a plain prototype, without a constructor; a `Request` that the app has put in its place has one.
 */
function isStandIn(request: Request): boolean {
  return !Object.hasOwn(Object.getPrototypeOf(request), 'constructor')
}

/** Whether the app has set a header for the answer, which only an answer tells. */
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
  // Most are registered on everything; counting takes longer.
  if (routePath === '/*') return req.path === path
  if (!routePath.endsWith('*')) return routePath.endsWith(path) || req.path === path
  const mount = routePath.replace(/\/?\*$/, '')
  return slashes(req.path) === slashes(mount) + slashes(path)
}

function slashes(path: string): number {
  return path.split('/').length - 1
}

/** What Hono keeps of a body that the app has read through `c.req`; nothing of one read from `c.req.raw`. */
async function keptBody({ req }: Context): Promise<CarriedBody> {
  const { bodyCache } = req
  if (bodyCache.formData !== undefined) {
    const fields: Record<string, unknown> = Object.create(null)
    for (const [name, value] of await req.formData()) fields[name] = name in fields ? [fields[name], value] : value
    return fields
  }
  if (bodyCache.arrayBuffer !== undefined) return new Uint8Array(await req.arrayBuffer())
  if (Object.keys(bodyCache).length > 0) return req.text()
  throw bodyConsumed()
}

/** What Hono keeps of a body as it came: JSON and fields are made of the text, and of fields no text can be made again. */
async function keptRawBody({ req }: Context): Promise<RawBody> {
  const { arrayBuffer, blob, text } = req.bodyCache
  if (arrayBuffer !== undefined || blob !== undefined) return new Uint8Array(await req.arrayBuffer())
  if (text !== undefined) return req.text()
  throw rawBodyConsumed()
}
