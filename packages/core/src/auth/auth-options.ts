import type { PingerchipsServer } from '../client.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions, assertTimeout } from '../internal/validate.ts'
import { assertWebhooks, type WebhookEndpointOptions } from '../webhooks/options.ts'
import type { AuthorizeContext, AuthorizeResult, SigninContext, SigninResult, Unauthenticated } from './decisions.ts'
import type { Denial } from './deny.ts'
import type { UserContext } from './parse-request.ts'
import type { RateLimiter, RateLimitOptions } from './rate-limit.ts'
import { assertClientOption } from './request-client.ts'
import { assertRoutePaths, type RoutePaths } from './routes.ts'
import type { Awaitable } from './run-callback.ts'

/**
 * Options of the auth endpoint. `Request` is the framework's request, and `Context` what the adapter adds to the context
 * of each callback, such as the response. `User` is inferred from `user`.
 */
export interface AuthEndpointOptions<Request, User, Context = object> {
  /**
   * The client that signs and triggers. A function is called for every request, and may be async: for secrets that arrive
   * with the request (Workers), and for tenants. Its result is not kept; return the same client for the same app, as
   * `PingerchipsServer.fromEnv(env)` does for the same `env`. Default: `PingerchipsServer.fromEnv()`, on first use.
   */
  readonly client?:
    | PingerchipsServer
    | ((request: Request, context: Context) => Awaitable<PingerchipsServer>)
    | undefined
  /**
   * Returns the user of a request, from its session or token. `null`, `undefined`, `false` and `''` are refused with a 403;
   * with `deny({ status: 401 })` the client renews its token. Any other value that is no user, such as a `Response`, is
   * a 500 `invalid_callback_result`. Default: `authorize` alone decides. Write it before `authorize`, whose `user` gets its
   * type from here.
   */
  readonly user?:
    | ((request: Request, context: UserContext & Context) => Awaitable<User | Unauthenticated | Denial>)
    | undefined
  /** Decides whether the user may subscribe to the channel. See {@link AuthorizeResult}. */
  readonly authorize: (
    context: AuthorizeContext<NoInfer<Request>, User> & NoInfer<Context>,
  ) => Awaitable<AuthorizeResult>
  /**
   * Returns the user for `pusher.signin()`. Adds `POST /pingerchips/user-auth`, where it replaces `authorize`. It needs
   * `user`.
   */
  readonly signin?:
    | ((context: SigninContext<NoInfer<Request>, User> & NoInfer<Context>) => Awaitable<SigninResult>)
    | undefined
  /**
   * Rate limit. Requests over the limit receive a 429. Well-formed requests count, after `user` and before `authorize`:
   * by user, and unauthenticated ones by client IP address. Subscriptions and sign-ins count together. Default: no limit.
   */
  readonly rateLimit?: RateLimitOptions<NoInfer<Request>, NoInfer<User>, NoInfer<Context>> | undefined
  /**
   * Webhooks of the service. Adds `POST /pingerchips/webhooks`, where the service's signature decides: neither `user` nor
   * `authorize` is called, and the rate limit does not apply.
   */
  readonly webhooks?: WebhookEndpointOptions<NoInfer<Request>> | undefined
  /** The path of the auth endpoint, below its mount: segments of letters, digits and `- . _ ~`. Default: `/pingerchips/auth`. */
  readonly path?: string | undefined
  /** The path of sign-ins. Default: beside `path`, with `user-auth` as its last segment. */
  readonly signinPath?: string | undefined
  /**
   * The property of the request that has the client, for a second client in one app: letters, digits, `_` and `$`. Names
   * that the framework or a common library uses, such as `user`, `session` and `body`, are refused. Default:
   * `pingerchips`, as in `req.pingerchips`. For another name, declare its type: it is a {@link RequestClient}.
   */
  readonly property?: string | undefined
  /** Milliseconds that each callback may take, 1 to 2147483647. Default: 10000 ms. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof AuthEndpointOptions<unknown, unknown>, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  rateLimit: true,
  webhooks: true,
  path: true,
  signinPath: true,
  property: true,
  timeout: true,
}

type HandlerOption = Exclude<keyof AuthEndpointOptions<unknown, unknown>, 'path' | 'property'> | 'onError'

/** The options of handlers: the endpoint's, but for those of the mount, and `onError`. */
export const handlerOptionNames: Record<HandlerOption, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  webhooks: true,
  rateLimit: true,
  signinPath: true,
  timeout: true,
  onError: true,
}

const defaultTimeout = 10_000

/** The options that have a default, resolved. */
export interface ResolvedOptions {
  readonly paths: RoutePaths
  readonly timeout: number
}

/**
 * Checks the options.
 * @param hasAddress whether the framework gives the client IP address
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function resolveOptions<Request, User, Context>(
  options: AuthEndpointOptions<Request, User, Context>,
  hasAddress: boolean,
): ResolvedOptions {
  assertOptions(options, 'options', optionNames)
  const { client, user, authorize, signin, rateLimit, webhooks } = options
  const { path = defaultPath, timeout = defaultTimeout } = options
  assertClientOption(client)
  if (user !== undefined) assertFunction(user, 'options.user')
  assertFunction(authorize, 'options.authorize')
  if (signin !== undefined) assertFunction(signin, 'options.signin')
  if (signin !== undefined && user === undefined)
    throw invalidArgument('options.user', 'is missing: signin needs the user of the request')
  if (options.signinPath !== undefined && signin === undefined)
    throw invalidArgument('options.signin', 'is missing: signinPath is its path')
  assertTimeout(timeout, 'options.timeout')
  if (rateLimit !== undefined) assertRateLimit(rateLimit, hasAddress)
  if (webhooks !== undefined) assertWebhooks(webhooks)
  const beside = (segment: string) => String(path).replace(/[^/]+$/, segment)
  const paths = {
    subscribe: path,
    signin: signin && (options.signinPath ?? beside('user-auth')),
    webhooks: webhooks && (webhooks.path ?? beside('webhooks')),
  }
  assertRoutePaths(paths)
  return { paths, timeout }
}

const defaultPath = '/pingerchips/auth'

/** @throws {TypeError} if the value is not a function */
export function assertFunction(value: unknown, argument: string): void {
  if (typeof value !== 'function')
    throw invalidArgument(argument, `must be a function (received ${describeType(value)})`)
}

const rateLimitNames: Record<keyof RateLimitOptions<unknown, unknown>, true> = {
  limiter: true,
  key: true,
  address: true,
  onStoreError: true,
  countBatchAs: true,
  timeout: true,
}

/**
 * Checks rate limit options.
 * @param hasAddress whether the framework gives the client IP address
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
function assertRateLimit<Request, User, Context>(
  options: RateLimitOptions<Request, User, Context>,
  hasAddress: boolean,
): void {
  assertOptions(options, 'options.rateLimit', rateLimitNames)
  const { limiter, key, address, onStoreError, countBatchAs, timeout } = options
  if (typeof (limiter as Partial<RateLimiter> | null | undefined)?.consume !== 'function')
    throw invalidArgument(
      'options.rateLimit.limiter',
      `must have a method consume, as the limiters of rate-limiter-flexible have (received ${describeType(limiter)})`,
    )
  if (key !== undefined) assertFunction(key, 'options.rateLimit.key')
  if (address !== undefined) assertFunction(address, 'options.rateLimit.address')
  if (onStoreError !== undefined && onStoreError !== 'allow' && onStoreError !== 'deny')
    throw invalidArgument('options.rateLimit.onStoreError', "must be 'allow' or 'deny'")
  if (countBatchAs !== undefined && countBatchAs !== 'channels' && countBatchAs !== 'request')
    throw invalidArgument('options.rateLimit.countBatchAs', "must be 'channels' or 'request'")
  if (timeout !== undefined) assertTimeout(timeout, 'options.rateLimit.timeout')
  if (!hasAddress && address === undefined && key === undefined)
    throw invalidArgument(
      'options.rateLimit.address',
      'is missing: this framework does not give the client IP address. Pass it, or options.rateLimit.key',
    )
}
