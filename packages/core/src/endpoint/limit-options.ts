import { describeType, invalidArgument } from '../errors.ts'
import { assertSalt } from '../hash/salt.ts'
import { assertOptions } from '../options.ts'
import { assertTimeout } from '../timeout.ts'
import type { UserContext } from './attempt.ts'

/** Any limiter of rate-limiter-flexible: in memory for one process, in Redis for many. Or one of your own. */
export interface RateLimiter {
  /**
   * Counts one request of a key. Rejects with `{ msBeforeNext }`, milliseconds, when it is one too many, and with
   * anything else when the store could not be asked.
   */
  consume(key: string): Promise<unknown>
}

/** What `limit.key` is told. */
export interface RateLimitContext<Request, User> extends Omit<UserContext, 'header'> {
  /** Who asks: what `user` answered; `undefined` for nobody, and where there is no `user`. */
  readonly user: User | undefined
  /** The connection's address, as {@link RateLimitOptions.address} or the framework gives it. */
  readonly address: string | undefined
  /** The framework's own request. */
  readonly request: Request
}

/** How often one may ask. */
export interface RateLimitOptions<Request, User> {
  /** What counts: `new RateLimiterRedis({ storeClient, points: 60, duration: 60 })` of rate-limiter-flexible. */
  readonly limiter: RateLimiter
  /**
   * A secret string of at least 16 bytes, the same in every process. A key is hashed with it before it reaches the store
   * (`getHashServer(salt + key)`): whoever reads the store without it learns no user and no address.
   */
  readonly salt: string
  /**
   * What to count by: a string that is not empty, hashed like any key. Default: the user, by `id`, `user_id` or `sub`, the
   * first of them that is a string or a whole number, or itself where it is one; else the connection's address, an
   * IPv4-mapped one as IPv4, IPv6 by its /64. Addresses that cannot be read share a key.
   */
  readonly key?: ((attempt: RateLimitContext<Request, User>) => string) | undefined
  /**
   * The connection's address, where the framework does not give it: with Hono, `(c) => getConnInfo(c).remote.address`, and
   * with `fetchHandler` it or `key` is required. Never read it from a header that a client can set. Default: `req.ip`
   * of Express and Fastify and `ctx.ip` of Koa, which heed a proxy only if the app trusts it; the socket's with h3 and
   * `nodeHandler`.
   */
  readonly address?: ((request: Request) => string | undefined) | undefined
  /**
   * What becomes of a request when the limiter's store is down or too slow. `'allow'`: it is not counted, and goes on to
   * `authorize`, so nobody gets in who may not. `'deny'`: 503, and while the store is down nobody joins anything. Either
   * way the client's `onError` hears of it. Default: `'allow'`.
   */
  readonly onStoreError?: 'allow' | 'deny' | undefined
  /** Milliseconds that the limiter may take, 1 to 2147483647. Default: 500. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof RateLimitOptions<unknown, unknown>, true> = {
  limiter: true,
  salt: true,
  key: true,
  address: true,
  onStoreError: true,
  timeout: true,
}

/**
 * @param address how the framework gives a connection's address, if it does
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function assertLimit<Request, User>(
  options: RateLimitOptions<Request, User>,
  address: ((request: Request) => string | undefined) | undefined,
): void {
  assertOptions(options, 'options.rateLimit', optionNames)
  const { limiter, salt, key, onStoreError, timeout } = options
  if (typeof (limiter as Partial<RateLimiter> | null | undefined)?.consume !== 'function')
    throw invalidArgument('options.rateLimit.limiter', `must have a method consume (got ${describeType(limiter)})`)
  assertSalt(salt, 'options.rateLimit.salt')
  assertOptionalFunction(key, 'options.rateLimit.key')
  assertOptionalFunction(options.address, 'options.rateLimit.address')
  if (onStoreError !== undefined && onStoreError !== 'allow' && onStoreError !== 'deny')
    throw invalidArgument('options.rateLimit.onStoreError', "must be 'allow' or 'deny'")
  if (timeout !== undefined) assertTimeout(timeout, 'options.rateLimit.timeout')
  if ((options.address ?? address ?? key) === undefined)
    throw invalidArgument(
      'options.rateLimit.address',
      'is missing: nothing else here tells whose connection it is. Give it, or options.rateLimit.key',
    )
}

function assertOptionalFunction(value: unknown, argument: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw invalidArgument(argument, `must be a function (got ${describeType(value)})`)
}
