/**
 * Every way in which Pingerchips can fail that is not a mistake in a call's arguments (those are a `TypeError`).
 *
 * | code | meaning |
 * | --- | --- |
 * | `invalid_signature` | 403: the service computed another signature; the app secret or the app key is wrong |
 * | `timestamp_expired` | 403: this machine's clock is more than 5 minutes away from the service's |
 * | `forbidden` | 401, or a 403 with another text |
 * | `app_not_found` | 404: the service does not know this app key |
 * | `validation_failed` | 400, 413 or 422: a limit of the app was exceeded |
 * | `rate_limited` | 429 |
 * | `service_unavailable` | any 5xx |
 * | `unexpected_response` | a redirect (never followed), an answer that is too long or not what was asked for, or any other status |
 * | `timeout` | no whole answer within the time-out |
 * | `aborted` | the caller's `AbortSignal` fired |
 * | `network` | no connection, or it broke |
 * | `closed` | the client was closed |
 * | `overloaded` | 10,000 calls, or calls with 16 Mi characters of data, were already waiting for the service |
 * | `load_failed` | the HTTP client could not be loaded, for example without a free file descriptor; the next call tries again |
 * | `app_key_missing` | the call needs an app key and the client was made without one |
 * | `encryption_key_missing` | the call needs the encryption master key and the client was made without one |
 * | `encryption_unavailable` | `@noble/ciphers`, which seals events for encrypted channels, is not installed |
 * | `body_consumed` | something read the request's body before the endpoint and kept nothing of it; of a webhook, not its bytes |
 * | `invalid_callback_result` | `authorize` or `signin` answered something that cannot be signed, `limit.key` nothing to count by, or a webhook store what it was not given |
 * | `callback_timeout` | `user`, `authorize`, `signin`, `webhooks.handler` or a webhook store did not answer in time |
 * | `non_error_thrown` | one of these threw something that is not an `Error` |
 * | `client_ip_unavailable` | `limit` had neither a user nor an address to count a request by |
 * | `limiter_unavailable` | the limiter's store was down, or did not answer in time |
 */
export type PingerchipsErrorCode =
  | 'invalid_signature'
  | 'timestamp_expired'
  | 'forbidden'
  | 'app_not_found'
  | 'validation_failed'
  | 'rate_limited'
  | 'service_unavailable'
  | 'unexpected_response'
  | 'timeout'
  | 'aborted'
  | 'network'
  | 'closed'
  | 'app_key_missing'
  | 'encryption_key_missing'
  | 'encryption_unavailable'
  | 'body_consumed'
  | 'invalid_callback_result'
  | 'callback_timeout'
  | 'non_error_thrown'
  | 'client_ip_unavailable'
  | 'limiter_unavailable'
  | 'disabled'
  | 'load_failed'
  | 'overloaded'

/**
 * What became of an event that failed: `not_delivered`, it was certainly not sent on; `unknown`, it may have been.
 */
export type Outcome = 'not_delivered' | 'unknown'

/** What a {@link PingerchipsError} carries beside its code and message. */
export interface PingerchipsErrorDetails {
  /** As {@link PingerchipsError.serviceStatus}. Default: `undefined`. */
  readonly serviceStatus?: number | undefined
  /** As {@link PingerchipsError.serviceMessage}. Default: `undefined`. */
  readonly serviceMessage?: string | undefined
  /** As {@link PingerchipsError.retryable}. Default: false. */
  readonly retryable?: boolean
  /** As {@link PingerchipsError.outcome}. Default: `not_delivered`. */
  readonly outcome?: Outcome
  /** As {@link PingerchipsError.attempts}. Default: 0. */
  readonly attempts?: number
  /** As {@link PingerchipsError.channels}. Default: none. */
  readonly channels?: readonly string[]
  /** As {@link PingerchipsError.event}. Default: `undefined`. */
  readonly event?: string | undefined
  /** What was underneath. */
  readonly cause?: unknown
}

/**
 * A failure with a stable {@link PingerchipsErrorCode}. Branch on `error.code`; the text may change.
 * It never holds a secret, a token, a signature or an event's data, save what the app or its limiter's store threw:
 * that is the `cause` of `non_error_thrown` and of `limiter_unavailable`.
 */
export class PingerchipsError extends Error {
  /** `PingerchipsError`, also where `instanceof` fails because an app holds two copies of this package. */
  override readonly name: string = 'PingerchipsError'
  /** What went wrong: what to branch on. */
  readonly code: PingerchipsErrorCode
  /** The HTTP status that the service answered; `undefined` when it did not answer. */
  readonly serviceStatus: number | undefined
  /** What the service wrote about the failure, with known secrets removed, at most 200 characters. */
  readonly serviceMessage: string | undefined
  /** Whether the same call may succeed later, with nothing mended. After the outcome `unknown`, it may arrive twice. */
  readonly retryable: boolean
  /** Whether the event may have been sent on. What failed before it was tried is `not_delivered`. */
  readonly outcome: Outcome
  /** How many requests were made; 0 when it failed before the first. */
  readonly attempts: number
  /** The channels that the event did not, or may not, have reached; empty when no event was being sent. */
  readonly channels: readonly string[]
  /** The event's name; `undefined` when no event was being sent. */
  readonly event: string | undefined

  /** For tests and for adapters of your own: the client makes its errors itself. */
  constructor(code: PingerchipsErrorCode, message: string, details: PingerchipsErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.serviceStatus = details.serviceStatus
    this.serviceMessage = details.serviceMessage
    this.retryable = details.retryable ?? false
    this.outcome = details.outcome ?? 'not_delivered'
    this.attempts = details.attempts ?? 0
    this.channels = details.channels ?? []
    this.event = details.event
  }

  /** The first of {@link PingerchipsError.channels}: the only one, where the event had one. */
  get channel(): string | undefined {
    return this.channels[0]
  }
}

/**
 * The `TypeError` for a caller's mistake. It says what was wrong and what is expected, and has the code
 * `invalid_argument` and the argument's name; it never repeats the value, which may be a secret or an attacker's.
 */
class InvalidArgument extends TypeError {
  readonly code: string = 'invalid_argument'
  readonly argument: string

  constructor(argument: string, message: string) {
    super(message)
    this.argument = argument
  }
}

/** Makes the `TypeError` for `argument`. `problem` continues from its name: "must be …". */
export function invalidArgument(argument: string, problem: string): TypeError {
  return new InvalidArgument(argument, `${argument} ${problem}`)
}

/** The `TypeError` for an option that does not exist. `message` is the whole text. */
export function unknownOption(argument: string, message: string): TypeError {
  return new InvalidArgument(argument, message)
}

/** The type of a value for an error message, never the value: it may be a secret, or come from an attacker. */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty string'
  if (typeof value === 'undefined') return 'undefined'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** {@link describeType}, but numbers and booleans by their value. Not for arguments that are secrets. */
export function describeValue(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : describeType(value)
}

/** What is wrong with a string that has an alphabet and a length; the type of any other value. */
export function describeInvalidString(value: unknown): string {
  return typeof value === 'string' && value.length > 0 ? 'other characters or another length' : describeType(value)
}
