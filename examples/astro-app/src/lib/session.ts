import type { AstroCookies } from 'astro'
import { jwtVerify, SignJWT } from 'jose'
import { type User, users } from './users'

const algorithm = 'HS256'

/** The session is one signed cookie with the user's id. `sameSite: 'lax'`: other sites cannot send requests as the user. */
const sessionCookie = 'session'
const cookieOptions = {
  path: '/',
  sameSite: 'lax',
  httpOnly: true,
  secure: process.env.NODE_ENV === 'production',
} as const

export async function startSession(cookies: AstroCookies, user: User): Promise<void> {
  const token = new SignJWT().setProtectedHeader({ alg: algorithm }).setSubject(user.id).setExpirationTime('1 day')
  cookies.set(sessionCookie, await token.sign(secret()), cookieOptions)
}

/** The user of the session; `undefined` if there is none, or if it is forged or expired. */
export async function sessionUser(cookies: AstroCookies): Promise<User | undefined> {
  const session = cookies.get(sessionCookie)?.value ?? ''
  const verified = await jwtVerify(session, secret(), { algorithms: [algorithm] }).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function secret(): Uint8Array {
  const { SESSION_SECRET } = process.env
  if (!SESSION_SECRET) throw new Error('SESSION_SECRET is not set.')
  return new TextEncoder().encode(SESSION_SECRET)
}
