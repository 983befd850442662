import { errors } from 'jose'
import { KeysUnavailable } from './keys-unavailable.ts'

/**
 * Why a token was refused. Those in capitals are jose's, such as `ERR_JWT_EXPIRED`, `ERR_JWT_CLAIM_VALIDATION_FAILED`,
 * `ERR_JWS_SIGNATURE_VERIFICATION_FAILED`, `ERR_JOSE_ALG_NOT_ALLOWED` and `ERR_JWKS_NO_MATCHING_KEY`. The others:
 *
 * | code | meaning |
 * | --- | --- |
 * | `token_missing` | there is none where tokens are looked for |
 * | `token_malformed` | not three parts of base64url, or not one `Authorization` header of `Bearer`, a space and those |
 * | `token_too_large` | over 8 KiB; it was not looked at |
 * | `claims_invalid` | the signature is good, and the schema in `claims` says no |
 * | `jwks_unavailable` | the key server is down, or is left alone because it was; `cause` is what it did |
 * | `key_unusable` | the key that the token names cannot verify; `cause` is why |
 */
export type JwtRejectionCode =
  | 'token_missing'
  | 'token_malformed'
  | 'token_too_large'
  | 'claims_invalid'
  | 'jwks_unavailable'
  | 'key_unusable'
  | `ERR_${'JOSE' | 'JWK' | 'JWKS' | 'JWS' | 'JWT'}_${string}`

/** What `onReject` hears of: why, and never the token or anything that was in it but the name of a claim. */
export interface JwtRejection<Request = unknown> {
  /** Why. */
  readonly code: JwtRejectionCode
  /** The claim that was wrong or missing, where one was: `exp`, `aud`. */
  readonly claim: string | undefined
  /** For `jwks_unavailable` and `key_unusable`, what was underneath; an error of jose's has its `code`. */
  readonly cause: unknown
  /** The framework's own request. It holds the token, in its headers or its body: log of it what you choose. */
  readonly request: Request
}

/** A refusal on its way: what {@link JwtRejection} says, but for the request. */
export class Rejection {
  readonly code: JwtRejectionCode
  readonly claim: string | undefined
  readonly cause: unknown

  constructor(code: JwtRejectionCode, { claim, cause }: { claim?: string | undefined; cause?: unknown } = {}) {
    this.code = code
    this.claim = claim
    this.cause = cause
  }

  /** What was thrown while verifying, without what jose's errors hold: the payload, and pieces of malformed JSON. */
  static from(error: unknown): Rejection {
    if (error instanceof KeysUnavailable) return new Rejection('jwks_unavailable', { cause: error.cause })
    if (!(error instanceof errors.JOSEError)) return new Rejection('key_unusable', { cause: error })
    const claim = 'claim' in error && typeof error.claim === 'string' ? error.claim : undefined
    return new Rejection(error.code as JwtRejectionCode, { claim })
  }
}
