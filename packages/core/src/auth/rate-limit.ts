import type { PingerchipsServer } from '../client.ts'
import { describeType, invalidArgument, PingerchipsError } from '../errors.ts'
import { rateLimitKeyHashes } from '../signing/rate-limit-key.ts'
import { clientNetwork } from './client-network.ts'
import type { UserContext } from './parse-request.ts'
import { type EndpointResponse, errorResponses, tooManyRequests } from './responses.ts'
import { type Awaitable, ignoreRejection, toError, withTimeout } from './run-callback.ts'

/** A limiter of rate-limiter-flexible, in memory for one process or in Redis for several, or one of your own. */
export interface RateLimiter {
  /**
   * Counts one request of a key. Rejects with `{ msBeforeNext }`, in milliseconds, if the request is over the limit, and
   * with anything else if the store failed.
   * @param points how many requests to count: the channels of a batch
   */
  consume(key: string, points?: number): Promise<unknown>
}

/** What `rateLimit.key` receives. */
export interface RateLimitContext<Request, User> extends Omit<UserContext, 'header'> {
  /** The user: what `user` returned; `undefined` for an unauthenticated request, and if there is no `user`. */
  readonly user: User | undefined
  /** The client IP address, from {@link RateLimitOptions.address} or the framework. */
  readonly address: string | undefined
  /** The framework's request. */
  readonly request: Request
}

/** Rate limit of the auth endpoint. */
export interface RateLimitOptions<Request, User, Context = object> {
  /** The counter, such as `new RateLimiterRedis({ storeClient, points: 60, duration: 60 })` of rate-limiter-flexible. */
  readonly limiter: RateLimiter
  /**
   * The key to count by: a non-empty string. Each key is hashed with a key derived from the app's secret, so that the
   * store shows no user and no address, and each app of a multi-tenant server counts alone.
   *
   * Default: the user, by `id`, `user_id` or `sub`, the first that is a string or an integer, or the user itself if it is
   * one; else the client IP address. An IPv4 address counts alone, also as it is embedded in IPv6 by a dual-stack socket,
   * NAT64, 6to4, Teredo or SIIT. IPv6 counts by /56 prefix, which providers assign to one customer. All malformed addresses share one key.
   */
  readonly key?: ((context: RateLimitContext<Request, User>) => string) | undefined
  /**
   * The client IP address, where the framework does not have it: with Hono, `(c) => getConnInfo(c).remote.address`, and
   * with `fetchHandler` either this or `key` is required. Never read it from a header that a client can set.
   *
   * Default: `req.ip` of Express and Fastify and `ctx.ip` of Koa, which use a proxy's header only if the app trusts it;
   * the address of the socket in h3 and `nodeHandler`.
   */
  readonly address?: ((request: Request, context: Context) => string | undefined) | undefined
  /**
   * What happens when the limiter's store fails or exceeds `timeout`. `'allow'`: the request continues uncounted, to
   * `authorize`. `'deny'`: it receives a 503. In both cases the client's `onBackgroundError` is called. Default: `'allow'`.
   */
  readonly onStoreError?: 'allow' | 'deny' | undefined
  /**
   * What a batch of channels counts as: one request for each of its channels, or one request. Default: `'channels'`.
   */
  readonly countBatchAs?: 'channels' | 'request' | undefined
  /** Milliseconds that the limiter may take, 1 to 2147483647. Default: 500 ms. */
  readonly timeout?: number | undefined
}

const defaultTimeout = 500

/** Counts requests with the app's limiter. */
export class RateLimit<Request, User> {
  readonly #limiter: RateLimiter
  readonly #key: (context: RateLimitContext<Request, User>) => string
  readonly #onStoreError: 'allow' | 'deny'
  readonly #countBatchAs: 'channels' | 'request'
  readonly #timeout: number

  /** @param options checked by `resolveOptions` */
  constructor({
    limiter,
    key,
    onStoreError = 'allow',
    countBatchAs = 'channels',
    timeout = defaultTimeout,
  }: Omit<RateLimitOptions<Request, User>, 'address'>) {
    this.#limiter = limiter
    this.#key = key === undefined ? defaultKey : (context) => ownKey(key(context))
    this.#onStoreError = onStoreError
    this.#countBatchAs = countBatchAs
    this.#timeout = timeout
  }

  /**
   * Counts a request.
   * @param resolveClient the client, whose secret keys the hashes
   * @returns the refusal; `undefined` if the request may go on
   * @throws {PingerchipsError} (as a rejection) `client_ip_unavailable` or `invalid_callback_result` if there is no key
   */
  async check(
    context: RateLimitContext<Request, User>,
    resolveClient: () => Awaitable<PingerchipsServer>,
  ): Promise<EndpointResponse | undefined> {
    const key = this.#key(context)
    const client = await resolveClient()
    const hash = rateLimitKeyHashes.get(client)
    if (hash === undefined)
      throw invalidArgument('options.client', 'must be a PingerchipsServer: its secret keys the rate limit')
    const points = this.#countBatchAs === 'channels' ? (context.channels?.length ?? 1) : 1
    try {
      return await withTimeout('rateLimit.limiter', this.#timeout, this.#consume(hash(key), points))
    } catch (error) {
      void client.waitUntil(Promise.reject(limiterUnavailable(error, this.#onStoreError)))
      return this.#onStoreError === 'allow' ? undefined : errorResponses.limiterUnavailable
    }
  }

  async #consume(hashed: string, points: number): Promise<EndpointResponse | undefined> {
    try {
      // A limiter of the app's own may take no second argument.
      await (points === 1 ? this.#limiter.consume(hashed) : this.#limiter.consume(hashed, points))
      return undefined
    } catch (rejection) {
      const wait = waitOf(rejection)
      if (wait === undefined) throw toError(rejection)
      return tooManyRequests(wait)
    }
  }
}

/**
 * Milliseconds until the next request is within the limit; `undefined` for a failure of the store. A union of limiters
 * rejects with an object of their rejections, by name: the longest wait counts.
 */
function waitOf(rejection: unknown): number | undefined {
  if (typeof rejection !== 'object' || rejection === null) return undefined
  const own = ownWait(rejection)
  if (own !== undefined || rejection instanceof Error) return own
  const waits = Object.values(rejection)
    .map(ownWait)
    .filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : Math.max(...waits)
}

function ownWait(value: unknown): number | undefined {
  const { msBeforeNext } = Object(value) as { readonly msBeforeNext?: unknown }
  return typeof msBeforeNext === 'number' && !Number.isNaN(msBeforeNext) ? msBeforeNext : undefined
}

function limiterUnavailable(cause: unknown, onStoreError: 'allow' | 'deny'): PingerchipsError {
  const consequence = onStoreError === 'allow' ? 'was let through uncounted' : 'was refused with a 503'
  return new PingerchipsError(
    'limiter_unavailable',
    `The rate limiter of the auth endpoint failed; the request ${consequence}. See the cause.`,
    { cause, retryable: true },
  )
}

/**
 * The default key: of the user, else of the client IP address. Its first word says which, so that no user shares the key
 * of an address.
 */
function defaultKey({ user, address }: Pick<RateLimitContext<unknown, unknown>, 'user' | 'address'>): string {
  const id = userId(user)
  if (id !== undefined) return `user:${id}`
  if (typeof address === 'string' && address !== '') return `address:${clientNetwork(address)}`
  ignoreRejection(address)
  throw new PingerchipsError(
    'client_ip_unavailable',
    'options.rateLimit has neither a user nor a client IP address to count by: this connection has no address (a Unix ' +
      'socket has none). Pass options.rateLimit.address or options.rateLimit.key.',
  )
}

function ownKey(key: unknown): string {
  if (typeof key === 'string' && key !== '') return `key:${key}`
  ignoreRejection(key)
  throw new PingerchipsError(
    'invalid_callback_result',
    `rateLimit.key must return a non-empty string (received ${describeType(key)}).`,
  )
}

/** The properties that identify a user: the first that is a string or an integer. */
const idProperties = ['id', 'user_id', 'sub'] as const

function userId(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null) return idText(user)
  // Not by own property alone: in the models of databases, `id` is a getter of the class.
  for (const property of idProperties) {
    const id = idText((user as Record<string, unknown>)[property])
    if (id !== undefined) return id
  }
  return undefined
}

function idText(id: unknown): string | undefined {
  if (typeof id === 'string') return id === '' ? undefined : id
  return typeof id === 'bigint' || Number.isSafeInteger(id) ? String(id) : undefined
}
