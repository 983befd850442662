import { describeType, invalidArgument, PingerchipsError } from '../errors.ts'
import { assertOptions, assertTimeout } from '../internal/validate.ts'
import { assertSalt } from '../privacy/fingerprint.ts'
import { getHashServer } from '../privacy/hash.ts'
import { formatIp, network, parseIp } from '../privacy/ip-address.ts'
import type { UserContext } from './parse-request.ts'
import { type EndpointResponse, errorResponses, tooManyRequests } from './responses.ts'
import { answered, ignoreRejection, toError } from './run-callback.ts'

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

const defaultTimeout = 500

/** Asks the app's limiter whether somebody has asked too often. */
export class Limit<Request, User> {
  readonly #limiter: RateLimiter
  readonly #salt: string
  readonly #key: (attempt: RateLimitContext<Request, User>) => string
  readonly #onStoreError: 'allow' | 'deny'
  readonly #timeout: number

  /** @param options as {@link assertLimit} has let them pass */
  constructor({
    limiter,
    salt,
    key,
    onStoreError = 'allow',
    timeout = defaultTimeout,
  }: RateLimitOptions<Request, User>) {
    this.#limiter = limiter
    this.#salt = salt
    this.#key = key === undefined ? defaultKey : (attempt) => ownKey(key(attempt))
    this.#onStoreError = onStoreError
    this.#timeout = timeout
  }

  /**
   * Counts a request.
   * @param report hears why the limiter could not be asked
   * @returns the refusal, or `undefined` if it may go on
   * @throws {PingerchipsError} (as a rejection) `client_ip_unavailable`, `invalid_callback_result`: there is nothing to count by
   */
  async refusal(
    attempt: RateLimitContext<Request, User>,
    report: (failure: PingerchipsError) => void,
  ): Promise<EndpointResponse | undefined> {
    const hashed = await getHashServer(this.#salt + this.#keyOf(attempt))
    try {
      return await answered('rateLimit.limiter', this.#timeout, this.#consume(hashed))
    } catch (failure) {
      report(unavailable(failure, this.#onStoreError))
      return this.#onStoreError === 'allow' ? undefined : errorResponses.limiterUnavailable
    }
  }

  #keyOf(attempt: RateLimitContext<Request, User>): string {
    try {
      return this.#key(attempt)
    } catch (thrown) {
      throw toError(thrown)
    }
  }

  async #consume(hashed: string): Promise<EndpointResponse | undefined> {
    try {
      await this.#limiter.consume(hashed)
      return undefined
    } catch (rejection) {
      const wait = waitOf(rejection)
      if (wait === undefined) throw rejection
      return tooManyRequests(wait)
    }
  }
}

/**
 * Milliseconds until somebody who asked too often may ask again; `undefined` for any other rejection. A union of limiters
 * rejects with an object of theirs, by name: the longest wait counts.
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

function unavailable(cause: unknown, onStoreError: 'allow' | 'deny'): PingerchipsError {
  const consequence = onStoreError === 'allow' ? 'was let through uncounted' : 'was refused with a 503'
  return new PingerchipsError(
    'limiter_unavailable',
    `The rate limiter of the auth endpoint could not be asked: the request ${consequence}.`,
    { cause, retryable: true },
  )
}

/** Who is counted. */
export interface Counted {
  /** What `user` answered; `undefined` for nobody, and where there is no `user`. */
  readonly user: unknown
  /** The connection's address as the framework gives it. */
  readonly address: string | undefined
}

/**
 * The key of a user, else of an address: one text for each, before it is hashed. Its first word says which, so that no
 * user is ever counted as somebody's address.
 * @throws {PingerchipsError} `client_ip_unavailable` if there is neither: one key for all of them would let one lock out the rest
 */
export function defaultKey({ user, address }: Counted): string {
  const id = userId(user)
  if (id !== undefined) return `user:${id}`
  if (typeof address === 'string' && address !== '') return `address:${networkOf(address)}`
  ignoreRejection(address)
  throw new PingerchipsError(
    'client_ip_unavailable',
    'options.rateLimit has neither a user nor an address to count by: the framework gives none for this connection (a Unix ' +
      'socket has none). Give options.rateLimit.address or options.rateLimit.key.',
  )
}

/** @throws {PingerchipsError} `invalid_callback_result` if it is not a text to count by */
export function ownKey(answer: unknown): string {
  if (typeof answer === 'string' && answer !== '') return `key:${answer}`
  ignoreRejection(answer)
  throw new PingerchipsError(
    'invalid_callback_result',
    `rateLimit.key must answer a string that is not empty (got ${describeType(answer)}).`,
  )
}

/** What identifies a user: itself, or the first of these that is a text or a number. */
const idProperties = ['id', 'user_id', 'sub'] as const

function userId(user: unknown): string | undefined {
  if (typeof user !== 'object' || user === null) return idText(user)
  // Read, and not by own property alone: a model of a database has `id` as a getter of its class.
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

/**
 * IPv4 as it is; IPv6 by its /64, all of which is one customer's, who would have as many keys as they like. What is no
 * address, such as one with a port that a proxy put there, is one for all: a key for each port would limit nobody.
 */
function networkOf(text: string): string {
  const address = parseIp(text)
  return address === undefined ? 'malformed' : formatIp(network(address, 64))
}
