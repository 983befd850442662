import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions } from '../internal/validate.ts'
import { type EndpointResponse, errorResponse } from './responses.ts'

/** A refusal with a reason of the app's own: what {@link deny} makes. */
export interface Denial {
  /** What the client is answered. Only {@link deny} makes one. */
  readonly [denial]: EndpointResponse
}

// Registered, since an app may hold two copies of this package: a denial that is not recognised would pass for a user.
const denial: unique symbol = Symbol.for('pingerchips.denial') as never

/** What a refusal says. */
export interface DenyOptions {
  /**
   * 401 when better credentials would help: the client should renew its token and ask again. 403 when they would not.
   * Default: 403.
   */
  readonly status?: 401 | 403 | undefined
  /** What the client reads as `error`. It is sent as it is. Default: `Unauthorized` for 401, `Access denied` for 403. */
  readonly error?: string | undefined
  /**
   * With 401, what `WWW-Authenticate` says (RFC 9110, section 11.6.1): printable ASCII. Default: `Bearer`.
   */
  readonly challenge?: string | undefined
}

const optionNames: Record<keyof DenyOptions, true> = { status: true, error: true, challenge: true }

/**
 * Refuses with a reason, from `user`, `authorize`, `signin` or a rule: `return deny({ status: 401, error: 'token_expired' })`.
 * Nothing is signed.
 *
 * @throws {TypeError} naming the option that is malformed or unknown
 */
export function deny(options: DenyOptions = {}): Denial {
  assertOptions(options, 'options', optionNames)
  const { status = 403, error = status === 401 ? 'Unauthorized' : 'Access denied', challenge } = options
  if (status !== 401 && status !== 403) throw invalidArgument('options.status', 'must be 401 or 403')
  if (typeof error !== 'string' || error === '')
    throw invalidArgument('options.error', `must be a non-empty string (got ${describeType(error)})`)
  if (challenge !== undefined && (status !== 401 || typeof challenge !== 'string' || !/^[ -~]+$/.test(challenge)))
    throw invalidArgument(
      'options.challenge',
      "must be printable ASCII such as 'Bearer', and goes with status 401 alone",
    )
  return {
    [denial]: errorResponse(status, error, status === 401 ? { 'www-authenticate': challenge ?? 'Bearer' } : undefined),
  }
}

/** What a denial answers; `undefined` for whatever is not one. */
export function deniedAnswer(value: unknown): EndpointResponse | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<Denial>)[denial] : undefined
}
