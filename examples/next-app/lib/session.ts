import { jwtVerify, SignJWT } from 'jose'
import { type User, users } from './users'

/** The session is one signed cookie that holds the user's id. */
export const sessionCookie = 'session'

const algorithm = 'HS256'

export function newSession(userId: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime('1 day')
    .sign(secret())
}

/** Whose session it is; `undefined` for none, and for one that is forged or over. */
export async function sessionUser(session = ''): Promise<User | undefined> {
  const verified = await jwtVerify(session, secret(), { algorithms: [algorithm] }).catch(() => undefined)
  return users.get(verified?.payload.sub ?? '')
}

function secret(): Uint8Array {
  const { SESSION_SECRET } = process.env
  if (!SESSION_SECRET) throw new Error('SESSION_SECRET is missing or empty in the environment')
  return new TextEncoder().encode(SESSION_SECRET)
}
