import type { Denial, UserContext } from '@pingerchips/core'
import { type JWTPayload, jwtVerify } from 'jose'
import { denial } from './denial.ts'
import { keySource } from './key-source.ts'
import { assertOptions, type JwtUserOptions } from './options.ts'
import { Rejection } from './rejection.ts'
import { validated } from './standard-schema.ts'
import { givenToken, sentToken } from './token.ts'

/**
 * The claims of a token that was verified. Those that are required here were checked; of the others jose knows the usual
 * type, which only a schema in `claims` makes sure of.
 */
export interface JwtClaims extends JWTPayload {
  /** Who signed it: one of `issuer`. */
  iss: string
  /** Whom it is for: one of `audience` is among them. */
  aud: string | string[]
  /** When it ends: seconds since 1970. */
  exp: number
}

/** What {@link jwtUser} returns: a function for the option `user` of every adapter and handler. */
// Conditional only until `User` is known: a generic function that plainly returns a function is inferred after its
// neighbours, and `authorize` would find its `user` undefined.
export type JwtUser<Request, User> = [User] extends [infer Same]
  ? (request: KnownRequest<Request>, attempt: UserContext) => Promise<Same | Denial>
  : never

/**
 * `Request` as it is, but `unknown` where it was inferred from an adapter that is itself still being inferred: TypeScript
 * then puts `never` for what is to come, as in Hono's `Context<never>`, and nobody could call the function.
 */
export type KnownRequest<Request> = true extends {
  [Key in keyof Request]: [Request[Key]] extends [never] ? true : false
}[keyof Request]
  ? unknown
  : Request

/**
 * Who is asking, by a JSON Web Token (RFC 7519): `user: jwtUser({ jwksUrl, issuer, audience, algorithms })`. The token is
 * that of `Authorization: Bearer`, else of `auth_info.token`. Its signature, `iss`, `aud`, `exp`, which must be there, and
 * `nbf` are checked; without a token, and with a bad one, the answer is a 401 that does not say why.
 *
 * The type of the request in `token`, `map` and `onReject` comes from Express, Fastify and `fetchHandler`; the others are
 * being inferred themselves just then, so write it there: `(c: Context) => …`.
 *
 * @returns the claims, what the schema in `claims` made of them, or what `map` made of that
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function jwtUser<Request, Claims = JwtClaims, User = Claims>(
  options: JwtUserOptions<Request, Claims, User>,
): JwtUser<Request, User> {
  assertOptions(options)
  const { issuer, audience, algorithms, clockTolerance = 0, claims: schema, token: tokenOf, map, onReject } = options
  const keys = keySource(options, algorithms)
  const checks = {
    issuer: copy(issuer),
    audience: copy(audience),
    algorithms: [...algorithms],
    clockTolerance,
    requiredClaims: ['exp'],
  }

  const verified = async (token: string): Promise<JWTPayload | Rejection> => {
    try {
      return (await jwtVerify(token, keys, checks)).payload
    } catch (error) {
      return Rejection.from(error)
    }
  }

  const claimed = async (request: Request, attempt: UserContext): Promise<Claims | Rejection> => {
    const token = tokenOf === undefined ? sentToken(attempt) : givenToken(await tokenOf(request))
    if (token instanceof Rejection) return token
    const payload = await verified(token)
    if (payload instanceof Rejection) return payload
    // Without a schema `Claims` is `JwtClaims`, whose required claims were checked.
    return schema === undefined ? (payload as Claims) : validated(schema, payload)
  }

  const user = async (request: Request, attempt: UserContext): Promise<User | Denial> => {
    const claims = await claimed(request, attempt)
    if (claims instanceof Rejection) {
      const { code, claim, cause } = claims
      await onReject?.({ code, claim, cause, request })
      return denial(claims)
    }
    // Without `map`, `User` is `Claims`.
    return map === undefined ? (claims as unknown as User) : map(claims, request)
  }
  return user as JwtUser<Request, User>
}

/** jose wants lists that may be changed; the app's stay its own. */
function copy(names: string | readonly string[]): string | string[] {
  return typeof names === 'string' ? names : [...names]
}
