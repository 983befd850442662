import type { UserContext } from '@pingerchips/core'
import { Rejection } from './rejection.ts'

/**
 * 16 KiB: Node's default limit of all headers together. Keycloak issues tokens of 12 KB. A token is ASCII, so that a
 * character is a byte; jose refuses other characters.
 */
const maxTokenLength = 16_384

/** RFC 6750, section 2.1. Schemes are case-insensitive (RFC 9110, section 11.1). */
const credentials = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i
/** Matches one of several headers too, which arrive joined by commas: `Basic …, Bearer …` is ambiguous, and refused. */
const namesBearer = /(?:^|,)[ \t]*bearer(?:[ \t,]|$)/i

/**
 * The compact serialization of a signed (RFC 7515, section 7.1) or encrypted token (RFC 7516, section 7.1): base64url
 * without padding, whitespace or stray bits at the end. jose accepts those, so that a token on a revocation list would
 * pass in another spelling.
 */
const part = '(?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?'
const signed = new RegExp(`^[\\w-]+\\.[\\w-]*\\.${part}$`)
const encrypted = new RegExp(`^[\\w-]+\\.\\.${part}\\.${part}\\.${part}$`)

/**
 * Returns the token of `Authorization: Bearer`, else of `auth_info.token`. If the header names Bearer and is malformed,
 * the token is refused: otherwise a body could override the header.
 */
export function tokenFromRequest(context: UserContext, isEncrypted: boolean): string | Rejection {
  const authorization = context.header('authorization') ?? ''
  if (namesBearer.test(authorization)) {
    if (authorization.length > 'Bearer '.length + maxTokenLength) return new Rejection('token_too_large')
    const token = credentials.exec(authorization)?.[1]
    return token === undefined ? new Rejection('token_malformed') : checked(token, isEncrypted)
  }
  const { authInfo } = context
  const isObject = typeof authInfo === 'object' && authInfo !== null
  const token: unknown =
    isObject && 'token' in authInfo && Object.hasOwn(authInfo, 'token') ? authInfo.token : undefined
  return typeof token === 'string' ? checked(token, isEncrypted) : new Rejection('token_missing')
}

/** Returns the token that the app's `token` callback found. It may be no string, as `?token[]=x` is parsed. */
export function tokenFromCallback(token: unknown, isEncrypted: boolean): string | Rejection {
  if (token === null || token === undefined) return new Rejection('token_missing')
  return typeof token === 'string' ? checked(token, isEncrypted) : new Rejection('token_malformed')
}

function checked(token: string, isEncrypted: boolean): string | Rejection {
  if (token === '') return new Rejection('token_missing')
  if (token.length > maxTokenLength) return new Rejection('token_too_large')
  return (isEncrypted ? encrypted : signed).test(token) ? token : new Rejection('token_malformed')
}
