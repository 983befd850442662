import { randomUUID } from 'node:crypto'
import { users } from '@examples/page'
import type { SecretAlgorithm } from '@pingerchips/jwt'
import { jwtVerify, SignJWT } from 'jose'

export interface User {
  readonly id: string
  readonly name: string
}

// Without one of your own, every token is void when the app starts again.
export const secret: string = process.env.JWT_SECRET ?? randomUUID()
const key = new TextEncoder().encode(secret)

/** What must be true of a token. */
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

/** Whose token an `Authorization` header holds; nobody's if it is not a good one. */
export async function bearerOf(authorization = ''): Promise<User | undefined> {
  try {
    const { payload } = await jwtVerify(authorization.replace(/^Bearer +/i, ''), key, trusted)
    return users.get(payload.sub ?? '')
  } catch {
    return undefined
  }
}
