import { type JwtUser, jwtUser, type SecretAlgorithm } from '@pingerchips/jwt'
import type { Context } from 'hono'
import { jwtVerify, SignJWT } from 'jose'
import type { AppEnv } from './env.ts'
import { type User, users } from './users.ts'

const algorithms: SecretAlgorithm[] = ['HS256']
/** What must be true of a token. */
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

/** Whose token an `Authorization` header holds; nobody's if it is not a good one. */
export async function bearerOf(secret: string, authorization = ''): Promise<User | undefined> {
  const token = authorization.replace(/^Bearer +/i, '')
  const verified = await jwtVerify(token, keyOf(secret), trusted).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function keyOf(secret: string): Uint8Array {
  if (!secret) throw new Error('JWT_SECRET is missing or empty in the environment')
  return new TextEncoder().encode(secret)
}

let user: JwtUser<Context<AppEnv>, User | undefined> | undefined

/** For the option `user`. Made of the first request's secret: a Worker that gets another one starts anew. */
export function tokenUser(secret: string): JwtUser<Context<AppEnv>, User | undefined> {
  user ??= jwtUser({ secret, ...trusted, map: ({ sub = '' }) => users.get(sub) })
  return user
}
