import { type JwtUser, jwtUser, type SecretAlgorithm } from '@pingerchips/jwt'
import type { Context } from 'hono'
import { jwtVerify, SignJWT } from 'jose'
import type { AppEnv } from './env.ts'
import { type User, users } from './users.ts'

const algorithms: SecretAlgorithm[] = ['HS256']
/** The issuer, the audience and the algorithm that a token must have. */
const trusted = { issuer: 'https://shop.example', audience: 'https://shop.example/api', algorithms }

export function issueToken(user: User, secret: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(trusted.issuer)
    .setAudience(trusted.audience)
    .setSubject(user.id)
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(keyOf(secret))
}

/** The user of the token in an `Authorization` header; `undefined` if the token is invalid. */
export async function bearerOf(secret: string, authorization = ''): Promise<User | undefined> {
  const token = authorization.replace(/^Bearer +/i, '')
  const verified = await jwtVerify(token, keyOf(secret), trusted).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function keyOf(secret: string): Uint8Array {
  if (!secret) throw new Error('JWT_SECRET is not set.')
  return new TextEncoder().encode(secret)
}

let user: JwtUser<Context<AppEnv>, User | undefined> | undefined

/** For the option `user`. Made with the first request's secret: a Worker with another secret is another process. */
export function tokenUser(secret: string): JwtUser<Context<AppEnv>, User | undefined> {
  user ??= jwtUser({ secret, ...trusted, map: ({ sub = '' }) => users.get(sub) })
  return user
}
