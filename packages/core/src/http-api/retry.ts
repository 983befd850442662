import { describeType, invalidArgument, type PingerchipsError } from '../errors.ts'
import { assertInteger } from '../internal/validate.ts'

/** Which failures are retried: see {@link PingerchipsServerOptions.delivery}. */
export type DeliveryMode = 'at-most-once' | 'at-least-once'

const modes: readonly unknown[] = ['at-most-once', 'at-least-once'] satisfies DeliveryMode[]

/** @throws {TypeError} */
export function assertDeliveryMode(value: unknown, argument: string): asserts value is DeliveryMode {
  if (!modes.includes(value))
    throw invalidArgument(argument, `must be 'at-most-once' or 'at-least-once' (received ${describeType(value)})`)
}

/** @throws {TypeError} */
export function assertRetries(value: unknown, argument: string): asserts value is number {
  assertInteger(value, argument, 0, 10)
}

/** Statuses of a service, or of a gateway in front of it, that accepts no events at the moment. */
const busyStatuses: readonly (number | undefined)[] = [429, 502, 503, 504]

/** Whether a failure may be retried. */
export function mayRetry(
  { code, serviceStatus: status, outcome, retryable }: PingerchipsError,
  mode: DeliveryMode,
): boolean {
  if (!retryable) return false
  if (busyStatuses.includes(status)) return true
  if (status !== undefined) return false
  return (code === 'network' || code === 'timeout') && (outcome === 'not_delivered' || mode === 'at-least-once')
}

const firstDelay = 100
const longestDelay = 5_000

/**
 * Milliseconds before the next attempt: a random part of a bound that doubles ("full jitter"), so that clients that failed
 * together do not return together, added to what the service asked for.
 * @param attempt the number of attempts so far
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelay(attempt: number, retryAfter: number): number {
  // Node's timers count whole milliseconds: they can fire almost a millisecond early.
  const min = retryAfter === 0 ? 0 : retryAfter + 1
  return min + Math.random() * Math.min(longestDelay, firstDelay * 2 ** (attempt - 1))
}

/** `Retry-After` in milliseconds from `now`: seconds or a date (RFC 9110, section 10.2.3). 0 if there is none. */
export function parseRetryAfter(value: string | undefined, now: number): number {
  if (value === undefined) return 0
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? 0 : Math.max(ms, 0)
}

/**
 * Retry budget of a client, so that retries do not triple the load of an outage. A failure takes one token, a success
 * returns a tenth, and below half of the tokens there are no retries.
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
 */
export class RetryBudget {
  static readonly size = 100
  #tokens: number = RetryBudget.size

  succeeded(): void {
    this.#tokens = Math.min(RetryBudget.size, this.#tokens + 0.1)
  }

  /** @returns whether a retry is allowed */
  failed(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1)
    return this.#tokens > RetryBudget.size / 2
  }
}
