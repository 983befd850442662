import { jwtVerify, SignJWT } from 'jose'
import { type User, users } from './users'

/** The session is one signed cookie that holds the user's id. */
export const sessionCookie = 'session'

/** `sameSite: 'lax'`: other sites cannot send requests as the user. */
export const cookieOptions = {
  httpOnly: true,
  sameSite: 'lax',
  secure: process.env.NODE_ENV === 'production',
  path: '/',
} as const

const algorithm = 'HS256'

export function newSession(userId: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime('1 day')
    .sign(secret())
}

/** The user of a session; `undefined` if there is none, or if it is forged or expired. */
export async function sessionUser(session = ''): Promise<User | undefined> {
  const verified = await jwtVerify(session, secret(), { algorithms: [algorithm] }).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function secret(): Uint8Array {
  const { SESSION_SECRET } = process.env
  if (!SESSION_SECRET) throw new Error('SESSION_SECRET is not set.')
  return new TextEncoder().encode(SESSION_SECRET)
}
