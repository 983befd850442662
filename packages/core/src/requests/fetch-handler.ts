import { AuthEndpoint } from '../auth/auth-endpoint.ts'
import { type AuthEndpointOptions, assertFunction, handlerOptionNames } from '../auth/auth-options.ts'
import { internalError } from '../auth/responses.ts'
import type { Awaitable } from '../auth/run-callback.ts'
import type { PingerchipsServer } from '../client.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { notify, reportError } from '../internal/notify.ts'
import { assertOptions } from '../internal/validate.ts'
import { fromFetchRequest, toResponse } from './fetch-request.ts'

/** What {@link fetchHandler} adds to the context of each callback. */
export interface FetchHandlerContext<Event> {
  /**
   * What the framework passed to the handler: the event of SvelteKit, Astro, React Router and SolidStart, whose `request`
   * is the request; else the second argument, which is `{ params }` in Next.js, `env` on Workers, the server on Bun and the
   * connection on Deno.
   */
  readonly event: Event
}

/** Options of {@link fetchHandler}. */
export interface FetchHandlerOptions<User, Event>
  extends Omit<AuthEndpointOptions<Request, User, FetchHandlerContext<Event>>, 'client' | 'path' | 'property'> {
  /**
   * The client that signs. A function is called for every request, with what the framework passed beside it, such as `env`
   * on Workers: `(_request, env) => PingerchipsServer.fromEnv(env)`. It may be async. Default:
   * `PingerchipsServer.fromEnv()`, on first use.
   */
  readonly client?: PingerchipsServer | ((request: Request, event: Event) => Awaitable<PingerchipsServer>) | undefined
  /**
   * Called with each error of the app: what a callback threw, or a result that cannot be signed. The client receives a 500
   * without details. Default: `console.error`.
   */
  readonly onError?: ((error: Error, request: Request) => unknown) | undefined
}

/** A `Request`, or the event of a framework that has one. */
export type FetchHandlerInput = Request | { readonly request: Request }

/**
 * The auth endpoint as a function from `Request` to `Response`: the App Router of Next.js, SvelteKit, Astro, React Router,
 * Bun, Deno, Workers. The caller routes: every request that it passes gets a response. OPTIONS gets a 204 with `Allow` and
 * without CORS headers.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 *
 * @example
 * ```ts
 * import { fetchHandler } from '@pingerchips/core/fetch'
 *
 * const users = new Map([['token-of-ada', { id: 'ada' }]])
 * export const POST = fetchHandler({
 *   user: (request) => users.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? ''),
 *   authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
 * })
 * ```
 */
export function fetchHandler<User = undefined, Event = unknown>(
  options: FetchHandlerOptions<User, Event>,
): (input: FetchHandlerInput, event?: Event) => Promise<Response> {
  assertOptions(options, 'options', handlerOptionNames)
  const { onError = reportError, client, ...rest } = options
  assertFunction(onError, 'options.onError')
  const endpoint = new AuthEndpoint<Request, User, FetchHandlerContext<Event>>({
    ...rest,
    client: typeof client === 'function' ? (request, { event }) => client(request, event) : client,
  })
  return async (input, event) => {
    const request = requestOf(input)
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: 'POST' } })
    try {
      const path = () => new URL(request.url).pathname
      const context = { event: (request === input ? event : input) as Event }
      return toResponse(await endpoint.respond(request, fromFetchRequest(request), path, context))
    } catch (error) {
      notify(onError, error as Error, request)
      return toResponse(internalError)
    }
  }
}

function requestOf(input: FetchHandlerInput): Request {
  if (isRequest(input)) return input
  const { request } = Object(input) as { readonly request?: unknown }
  if (isRequest(request)) return request
  throw invalidArgument(
    'request',
    `must be a Request, or an event that has one as its property request (received ${describeInput(input)})`,
  )
}

/** By what it has, not by `instanceof`: frameworks have classes of their own. */
function isRequest(value: unknown): value is Request {
  const { headers, method, url } = Object(value) as Partial<Request>
  return typeof headers?.get === 'function' && typeof method === 'string' && typeof url === 'string'
}

function describeInput(input: unknown): string {
  const { requestContext, httpMethod, rawHeaders } = Object(input) as Record<string, unknown>
  if (requestContext !== undefined || httpMethod !== undefined)
    return 'an AWS Lambda event: wrap the handler in an app of Hono with hono/aws-lambda, or an Express app with serverless-http'
  if (Array.isArray(rawHeaders)) return "Node's request: use nodeHandler of @pingerchips/core/node"
  return describeType(input)
}
