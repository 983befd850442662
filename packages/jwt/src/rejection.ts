import { type Denial, deny } from '@pingerchips/core'
import { errors } from 'jose'

/**
 * Why a token was refused. Codes in capitals come from jose, such as `ERR_JWT_EXPIRED`,
 * `ERR_JWT_CLAIM_VALIDATION_FAILED`, `ERR_JWS_SIGNATURE_VERIFICATION_FAILED`, `ERR_JOSE_ALG_NOT_ALLOWED` and
 * `ERR_JWKS_NO_MATCHING_KEY`. The others:
 *
 * | code | meaning |
 * | --- | --- |
 * | `token_missing` | the request has no token |
 * | `token_malformed` | the token is not canonical base64url in three parts (five if encrypted), or the `Authorization` header is malformed |
 * | `token_too_large` | the token has more than 16 KiB; it was not parsed |
 * | `claims_invalid` | the token is valid, and the schema in `claims` refused it |
 * | `jwks_unavailable` | the key server failed, now or at the last fetch; `cause` is the failure |
 * | `key_unusable` | the key cannot verify, or is too weak; `cause` is the reason |
 */
export type JwtRejectionCode =
  | 'token_missing'
  | 'token_malformed'
  | 'token_too_large'
  | 'claims_invalid'
  | 'jwks_unavailable'
  | 'key_unusable'
  | `ERR_${'JOSE' | 'JWE' | 'JWK' | 'JWKS' | 'JWS' | 'JWT'}_${string}`

/** A refused token, as `onReject` receives it. It holds neither the token nor the value of a claim. */
export interface JwtRejection<Request = unknown> {
  /** The reason. */
  readonly code: JwtRejectionCode
  /** The name of the claim that is missing or wrong, or `typ`. `undefined` if the reason is no claim. */
  readonly claim: string | undefined
  /** The error behind `jwks_unavailable` and `key_unusable`. Errors of jose have a `code`. */
  readonly cause: unknown
  /** The framework's request. It holds the token, in a header or in the body: take care of what you log. */
  readonly request: Request
}

/** A {@link JwtRejection} without its request. */
export class Rejection {
  readonly code: JwtRejectionCode
  readonly claim: string | undefined
  readonly cause: unknown

  constructor(code: JwtRejectionCode, { claim, cause }: { claim?: string | undefined; cause?: unknown } = {}) {
    this.code = code
    this.claim = claim
    this.cause = cause
  }

  /** The rejection for a claim of a token whose signature is valid. */
  static ofClaim(claim: string): Rejection {
    return new Rejection('ERR_JWT_CLAIM_VALIDATION_FAILED', { claim })
  }

  /** The rejection for an error of the verification. Drops the payload and the malformed JSON that jose's errors hold. */
  static from(error: unknown): Rejection {
    if (error instanceof JwksUnavailableError) return new Rejection('jwks_unavailable', { cause: error.cause })
    if (!(error instanceof errors.JOSEError)) return new Rejection('key_unusable', { cause: error })
    const claim = 'claim' in error && typeof error.claim === 'string' ? error.claim : undefined
    return new Rejection(error.code as JwtRejectionCode, { claim })
  }

  /** The response, which does not say why: RFC 6750, section 3.1, has one error code for all bad tokens, and none for a missing one. */
  get denial(): Denial {
    return this.code === 'token_missing' ? noToken : badToken
  }
}

const noToken = deny({ status: 401, error: 'Unauthorized', challenge: 'Bearer' })
const badToken = deny({ status: 401, error: 'Unauthorized', challenge: 'Bearer error="invalid_token"' })

/** The keys of a key server could not be fetched. `cause` is its latest failure. */
export class JwksUnavailableError extends Error {
  override readonly name: string = 'JwksUnavailableError'

  constructor(cause: unknown) {
    super('The JSON Web Key Set could not be fetched.', { cause })
  }
}
