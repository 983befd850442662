import { PingerchipsError } from '../errors.ts'
import { getHashServer } from '../hash/hash.ts'
import { type EndpointResponse, errorResponses, tooManyRequests } from './answer.ts'
import { answered, toError } from './callback.ts'
import { defaultKey, ownKey } from './limit-key.ts'
import type { RateLimitContext, RateLimiter, RateLimitOptions } from './limit-options.ts'

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
