import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions } from '../internal/validate.ts'
import { type EndpointResponse, errorResponse } from './responses.ts'

/** A refusal with a reason, made by {@link deny}. */
export interface Denial {
  /** The response. */
  readonly [denial]: { readonly status: 401 | 403; readonly error: string; readonly challenge: string }
}

// Registered, since an app may hold two copies of this package: a denial that is not recognised would pass for a user.
const denial: unique symbol = Symbol.for('pingerchips.denial') as never

/** Options of {@link deny}. */
export interface DenyOptions {
  /**
   * 401 if better credentials would help: the client should renew its token and try again. 403 if they would not.
   * Default: 403.
   */
  readonly status?: 401 | 403 | undefined
  /** The `error` of the response, sent unchanged. Default: `Unauthorized` for 401, `Access denied` for 403. */
  readonly error?: string | undefined
  /**
   * With status 401, the value of `WWW-Authenticate` (RFC 9110, section 11.6.1): printable ASCII. Default: `Bearer`.
   */
  readonly challenge?: string | undefined
}

const optionNames: Record<keyof DenyOptions, true> = { status: true, error: true, challenge: true }

/**
 * Refuses with a reason, from `user`, `authorize`, `signin` or a rule. Nothing is signed.
 *
 * @throws {TypeError} naming the option that is malformed or unknown
 *
 * @example
 * ```ts
 * import { deny } from '@pingerchips/core'
 *
 * const user = (request: Request) =>
 *   request.headers.has('authorization') ? { id: '1' } : deny({ status: 401, error: 'token_missing' })
 * ```
 */
export function deny(options: DenyOptions = {}): Denial {
  assertOptions(options, 'options', optionNames)
  const { status = 403, error = status === 401 ? 'Unauthorized' : 'Access denied', challenge } = options
  if (status !== 401 && status !== 403) throw invalidArgument('options.status', 'must be 401 or 403')
  if (typeof error !== 'string' || error === '')
    throw invalidArgument('options.error', `must be a non-empty string (received ${describeType(error)})`)
  if (challenge !== undefined && (status !== 401 || typeof challenge !== 'string' || !/^[ -~]+$/.test(challenge)))
    throw invalidArgument('options.challenge', "must be printable ASCII such as 'Bearer', and needs status 401")
  return { [denial]: { status, error, challenge: challenge ?? 'Bearer' } }
}

/** The response of a denial; `undefined` for any other value. */
export function denialResponse(value: unknown): EndpointResponse | undefined {
  const denied = typeof value === 'object' && value !== null ? (value as Partial<Denial>)[denial] : undefined
  if (denied === undefined) return undefined
  // Made here, by this copy: a response of another one is no EndpointResponse to the code that would sign.
  const { status, error, challenge } = denied
  return errorResponse(status, error, status === 401 ? { 'www-authenticate': challenge } : undefined)
}
