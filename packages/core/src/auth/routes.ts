import { invalidArgument } from '../errors.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import type { EndpointResponse } from './responses.ts'

/** The paths of an endpoint's routes. */
export interface RoutePaths {
  readonly subscribe: string
  readonly signin: string | undefined
  readonly webhooks: string | undefined
}

/** One path of the endpoint. */
export interface Route<Request, Context = object> {
  /** Below the mount, with a slash in front. */
  readonly path: string
  /** The longest body that it reads, in bytes. */
  readonly maxBytes: number
  /**
   * Responds to a request. A refusal is a response.
   * @param context what the adapter adds to the context of each callback
   * @throws {Error} (as a rejection) what a callback threw, or what is wrong with its result, for the framework's error
   * handler. Nothing was signed, and the client must not see it
   */
  respond(request: Request, incoming: IncomingRequest, context?: Context): Promise<EndpointResponse>
}

/**
 * Checks the paths of the routes. No two may end with the same segment, in any case: handlers without a router go by it.
 * @throws {TypeError} naming the option
 */
export function assertRoutePaths({ subscribe, signin, webhooks }: RoutePaths): void {
  const taken: string[] = []
  for (const [argument, path] of [
    ['options.path', subscribe],
    ['options.signinPath', signin],
    ['options.webhooks.path', webhooks],
  ] as const) {
    if (path === undefined) continue
    if (typeof path !== 'string' || !/^(\/[A-Za-z0-9._~-]+)+$/.test(path))
      throw invalidArgument(argument, "must be a path of letters, digits and - . _ ~, such as '/pingerchips/auth'")
    const segment = lastSegment(path)
    if (taken.includes(segment.toLowerCase()))
      throw invalidArgument(argument, `must not end with /${segment}: another route of the endpoint does`)
    taken.push(segment.toLowerCase())
  }
}

/**
 * The route that a framework's path is for. OPTIONS stays with the app, for its CORS.
 * @param isAt whether the framework would route the request to a path
 */
export function findRoute<Found extends { readonly path: string }>(
  routes: readonly Found[],
  method: string,
  isAt: (path: string) => boolean,
): Found | undefined {
  if (method === 'OPTIONS') return undefined
  for (const route of routes) if (isAt(route.path)) return route
  return undefined
}

/** The route of a handler that is called for every path: by the last segment, else the first route. */
export function routeByLastSegment<Found extends { readonly path: string }>(
  routes: readonly [Found, ...Found[]],
  path: () => string,
): Found {
  const [first, ...others] = routes
  if (others.length === 0) return first
  const segment = lastSegment(path().replace(/\/$/, ''))
  return others.find((route) => lastSegment(route.path) === segment) ?? first
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const checked = new WeakSet<object>()

/**
 * Warns once, in development, if an endpoint is the handler of a route of the app that none of its own paths ends with:
 * `app.post('/auth', pingerchips(options))` can never respond.
 * @param mount the path of the app's route, if the framework has it
 */
export function warnIfUnreachable(routes: readonly { readonly path: string }[], mount: unknown): void {
  if (typeof mount !== 'string' || checked.has(routes)) return
  checked.add(routes)
  // A parameter or a wildcard may be any path.
  if (/[:*({?]/.test(mount) || routes.some(({ path }) => mount.endsWith(path))) return
  if (globalThis.process?.env?.NODE_ENV === 'production') return
  console.warn(
    `pingerchips(…) is the handler of ${mount}, and responds at ${routes.map(({ path }) => path).join(', ')} alone: it is never reached there. Mount it with use(), or set options.path to ${mount}.`,
  )
}
