import type { UserContext } from '@pingerchips/core'
import { Rejection } from './rejection.ts'

/** A token is ASCII, so that a character is a byte; jose refuses what is not. */
const maxTokenLength = 8192

/** RFC 6750, section 2.1; schemes are in any case (RFC 9110, section 11.1). */
const credentials = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i
/** Of one of several headers too: they come joined by commas, and `Basic …, Bearer …` is not for us to choose from. */
const speaksOfBearer = /(?:^|,)[ \t]*bearer(?:[ \t,]|$)/i

/**
 * JWS Compact Serialization (RFC 7515, sections 2 and 7.1): base64url without padding, whitespace or stray bits at the end
 * of the signature. jose takes those, and so a token that an app has put on a list of revoked ones would pass respelt.
 */
const compact = /^[\w-]+\.[\w-]*\.(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/**
 * The token of `Authorization: Bearer`, else of `auth_info.token`. A header that speaks of Bearer decides alone: to fall
 * back from a malformed one would let whoever can write the body choose.
 */
export function sentToken(attempt: UserContext): string | Rejection {
  const authorization = attempt.header('authorization') ?? ''
  if (speaksOfBearer.test(authorization)) {
    if (authorization.length > 'Bearer '.length + maxTokenLength) return new Rejection('token_too_large')
    const token = credentials.exec(authorization)?.[1]
    return token === undefined ? new Rejection('token_malformed') : present(token)
  }
  const { authInfo } = attempt
  const isObject = typeof authInfo === 'object' && authInfo !== null
  const token: unknown =
    isObject && 'token' in authInfo && Object.hasOwn(authInfo, 'token') ? authInfo.token : undefined
  return typeof token === 'string' ? present(token) : new Rejection('token_missing')
}

/** What the app's own `token` function answered: what is no text may be an attacker's, as in `?token[]=x`. */
export function givenToken(token: unknown): string | Rejection {
  if (token === null || token === undefined) return new Rejection('token_missing')
  return typeof token === 'string' ? present(token) : new Rejection('token_malformed')
}

function present(token: string): string | Rejection {
  if (token === '') return new Rejection('token_missing')
  if (token.length > maxTokenLength) return new Rejection('token_too_large')
  return compact.test(token) ? token : new Rejection('token_malformed')
}
