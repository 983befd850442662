import { jwtVerify, SignJWT } from 'jose'
import { env } from '$env/dynamic/private'
import { type User, users } from './users'

const algorithm = 'HS256'

/** The session is one signed cookie with the user's id. SvelteKit sets HttpOnly and Secure by default. */
export const sessionCookie = 'session'
export const cookieOptions = { path: '/', sameSite: 'lax', httpOnly: true } as const

export function newSession(userId: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm })
    .setSubject(userId)
    .setExpirationTime('1 day')
    .sign(secret())
}

/** The user of a session; `undefined` if there is none, or if it is forged or expired. */
export async function sessionUser(session = ''): Promise<User | undefined> {
  const verified = await jwtVerify(session, secret(), { algorithms: [algorithm] }).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function secret(): Uint8Array {
  if (!env.SESSION_SECRET) throw new Error('SESSION_SECRET is not set.')
  return new TextEncoder().encode(env.SESSION_SECRET)
}
