import type { Denial, UserContext } from '@pingerchips/core'
import type { JWTPayload } from 'jose'
import { appChecks, standardChecks, validateClaims } from './claims.ts'
import { createVerifier } from './key-source.ts'
import { assertOptions, type JwtUserOptions } from './options.ts'
import { Rejection } from './rejection.ts'
import { tokenFromCallback, tokenFromRequest } from './token.ts'

/**
 * The claims of a verified token. `iss`, `aud` and `exp` were checked unless the options leave the check out. The types
 * of the others are the usual ones and unchecked: a token may have no `sub`. A schema in `claims` checks them.
 */
export type JwtClaims = JWTPayload

/** The function that {@link jwtUser} returns, for the option `user` of every adapter and handler. */
// Conditional until `User` is known: TypeScript infers a generic function that returns a plain function after its
// neighbours, so that the `user` of `authorize` would be undefined.
export type JwtUser<Request, User> = [User] extends [infer Same]
  ? (request: KnownRequest<Request>, context: UserContext) => Promise<Same | Denial>
  : never

/**
 * `Request`, or `unknown` if it was inferred from an adapter that TypeScript is still inferring. It then has `never` in
 * places, as in Hono's `Context<never>`, so that the function could not be called.
 */
type KnownRequest<Request> = true extends {
  [Key in keyof Request]: [Request[Key]] extends [never] ? true : false
}[keyof Request]
  ? unknown
  : Request

/**
 * Makes a `user` callback that authenticates with a JSON Web Token (RFC 7519). The token is that of
 * `Authorization: Bearer`, else of `auth_info.token`. Checks its signature, `iss`, `aud`, `exp` (required), `nbf` and
 * `typ`. The response for a missing or bad token is a 401 that does not say why; `onReject` receives the reason.
 *
 * The type of the request in `token`, `map` and `onReject` is inferred for Express, Fastify and `fetchHandler`. For the
 * others, annotate it: `(c: Context) => …`.
 *
 * @example
 * ```ts
 * const user = jwtUser({
 *   jwksUrl: 'https://login.example.com/.well-known/jwks.json',
 *   issuer: 'https://login.example.com/',
 *   audience: 'chat',
 *   algorithms: ['RS256'],
 * })
 * ```
 * @returns a callback that returns the claims, or the result of the schema in `claims` or of `map`
 * @throws {TypeError} if an option is missing, malformed or unknown, or a key is weak
 */
export function jwtUser<Request, Claims = JwtClaims, User = Claims>(
  options: JwtUserOptions<Request, Claims, User>,
): JwtUser<Request, User> {
  assertOptions(options)
  const { claims: schema, token: tokenOf, map, onReject } = options
  const verify = createVerifier(options, options.algorithms)
  const checks = standardChecks(options)
  const check = appChecks(options)
  const isEncrypted = options.encryptionKey !== undefined

  const verifiedToken = (token: string) => verify(token, checks).catch(Rejection.from)

  const claimsOf = async (request: Request, context: UserContext): Promise<Claims | Rejection> => {
    const token =
      tokenOf === undefined
        ? tokenFromRequest(context, isEncrypted)
        : tokenFromCallback(await tokenOf(request, context), isEncrypted)
    if (token instanceof Rejection) return token
    const verified = await verifiedToken(token)
    if (verified instanceof Rejection) return verified
    const rejection = await check(verified)
    if (rejection !== undefined) return rejection
    // Without a schema, `Claims` is `JwtClaims`.
    return schema === undefined ? (verified.payload as Claims) : validateClaims(schema, verified.payload)
  }

  const user = async (request: Request, context: UserContext): Promise<User | Denial> => {
    const claims = await claimsOf(request, context)
    if (claims instanceof Rejection) {
      const { code, claim, cause } = claims
      await onReject?.({ code, claim, cause, request })
      return claims.denial
    }
    // Without `map`, `User` is `Claims`.
    return map === undefined ? (claims as unknown as User) : map(claims, request)
  }
  return user as JwtUser<Request, User>
}
