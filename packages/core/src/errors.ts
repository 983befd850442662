/**
 * Codes of {@link PingerchipsError}. Mistakes in the arguments of a call are not among them: they are a `TypeError` with the
 * code `invalid_argument`.
 *
 * | code | meaning |
 * | --- | --- |
 * | `invalid_signature` | 403 `Invalid signature`: the app secret or the app key is wrong |
 * | `timestamp_expired` | 403 `Request timestamp expired`: this machine's clock differs from the service's by more than 5 minutes |
 * | `forbidden` | 401, or a 403 with another text: wrong credentials, a disabled app, or an exceeded quota |
 * | `app_not_found` | 404: the service does not know the app id, the app key or the path |
 * | `validation_failed` | 400, 413 or 422: the service refused the content of the request |
 * | `rate_limited` | 429: more requests than the app's limit, after all retries |
 * | `service_unavailable` | any 5xx, after all retries |
 * | `unexpected_response` | a redirect (never followed), a response that is too long or has another form, or any other status |
 * | `timeout` | no complete response within `timeout`, or within `deadline` with all retries |
 * | `aborted` | the `AbortSignal` of the call was aborted |
 * | `network` | the connection failed or broke: name lookup, refused, TLS, or closed before the response was complete |
 * | `overloaded` | 10,000 calls, or calls with 16 Mi characters of data, were already waiting for the service; nothing was sent |
 * | `closed` | the client was closed before the call |
 * | `load_failed` | a module could not be loaded, for example with too many open files; the next call tries again |
 * | `disabled` | the call needs credentials, and the client was made by `PingerchipsServer.disabled()` |
 * | `app_key_missing` | the call needs an app key, and the client has none |
 * | `encryption_key_missing` | the call needs the encryption master key, and the client has none |
 * | `encryption_unavailable` | `@noble/ciphers`, which encrypts events, could not be loaded |
 * | `body_consumed` | another middleware has read the request's body and kept nothing of it; for a webhook, not its bytes |
 * | `invalid_callback_result` | a callback, or a store of webhooks, returned a value that is not allowed; nothing was signed |
 * | `callback_timeout` | a callback, a rate limiter or a store of webhooks did not respond within its timeout |
 * | `non_error_thrown` | a callback threw a value that is not an `Error`; it is the `cause` |
 * | `client_ip_unavailable` | `rateLimit` found neither a user nor a client IP address to count the request by |
 * | `limiter_unavailable` | the rate limiter failed; what it threw is the `cause` |
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

/** Whether a failed event was delivered: `not_delivered`, certainly not; `unknown`, perhaps. */
export type Outcome = 'not_delivered' | 'unknown'

/** Details of a {@link PingerchipsError}. */
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
  /** The underlying error. */
  readonly cause?: unknown
}

/**
 * A failure with a stable {@link PingerchipsErrorCode}. Branch on `error.code`; messages may change.
 *
 * It contains no secret, token, signature or event data. The exception is what your own callback or store threw, which is
 * the `cause` of `non_error_thrown` and `limiter_unavailable`. It has no `status` and no `statusCode`: frameworks would send
 * them to your app's own client.
 *
 * @example
 * ```ts
 * import { PingerchipsError, PingerchipsServer } from '@pingerchips/core'
 *
 * try {
 *   await PingerchipsServer.fromEnv().trigger('news', 'added', { id: 1 })
 * } catch (error) {
 *   if (error instanceof PingerchipsError && error.code === 'rate_limited') console.warn(error.message)
 *   else throw error
 * }
 * ```
 */
export class PingerchipsError extends Error {
  /** `PingerchipsError`, also where `instanceof` fails because an app has two copies of this package. */
  override readonly name: string = 'PingerchipsError'
  /** The cause. */
  readonly code: PingerchipsErrorCode
  /** HTTP status of the service's response; `undefined` if there was none. */
  readonly serviceStatus: number | undefined
  /**
   * Text of the service's response, with known secrets removed, at most 200 characters; `undefined` if there was none. It is
   * for logs. Do not send it to a browser.
   */
  readonly serviceMessage: string | undefined
  /** Whether the same call may succeed later without a change. After the outcome `unknown` the event may arrive twice. */
  readonly retryable: boolean
  /** Whether the event may have been delivered. `not_delivered` for failures before the first request. */
  readonly outcome: Outcome
  /** Number of requests that were sent; 0 for failures before the first. */
  readonly attempts: number
  /** Channels that the event did not, or may not, have reached; empty for calls without events. */
  readonly channels: readonly string[]
  /** Name of the event; `undefined` for calls without events, or with several. */
  readonly event: string | undefined

  /** For tests and for adapters of your own. */
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

  /** The first of {@link PingerchipsError.channels}. */
  get channel(): string | undefined {
    return this.channels[0]
  }
}

/**
 * The `TypeError` for a caller's mistake, with the code `invalid_argument` and the name of the argument. The message never
 * has the value, which may be a secret or come from an attacker.
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
  return new InvalidArgument(argument, `${argument} ${problem}${/[.?]$/.test(problem) ? '' : '.'}`)
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
