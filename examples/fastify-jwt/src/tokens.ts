import { randomUUID } from 'node:crypto'
import { users } from '@examples/page'
import type { SecretAlgorithm } from '@pingerchips/jwt'
import { jwtVerify, SignJWT } from 'jose'

export interface User {
  readonly id: string
  readonly name: string
}

// Set it: with a random one, all tokens are void when the app restarts.
export const secret: string = process.env.JWT_SECRET ?? randomUUID()
const key = new TextEncoder().encode(secret)

/** The issuer, the audience and the algorithm that a token must have. */
export const trusted: { issuer: string; audience: string; algorithms: SecretAlgorithm[] } = {
  issuer: 'https://shop.example',
  audience: 'https://shop.example/api',
  algorithms: ['HS256'],
}

export function issueToken(user: User): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(trusted.issuer)
    .setAudience(trusted.audience)
    .setSubject(user.id)
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(key)
}

/** The user of the token in an `Authorization` header; `undefined` if the token is invalid. */
export async function bearerOf(authorization = ''): Promise<User | undefined> {
  try {
    const { payload } = await jwtVerify(authorization.replace(/^Bearer +/i, ''), key, trusted)
    return users.get(payload.sub ?? '')
  } catch {
    return undefined
  }
}
