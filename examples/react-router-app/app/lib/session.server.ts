import { createCookieSessionStorage } from 'react-router'
import { type User, users } from './users'

/** Made on first use: a build has no secrets. */
const storage = () => {
  const { NODE_ENV, SESSION_SECRET } = process.env
  if (!SESSION_SECRET) throw new Error('SESSION_SECRET is not set.')
  return createCookieSessionStorage<{ user: string }>({
    cookie: {
      name: 'session',
      secrets: [SESSION_SECRET],
      httpOnly: true,
      sameSite: 'lax', // other sites cannot send requests as the user
      secure: NODE_ENV === 'production',
      path: '/',
    },
  })
}

/** Returns the `Set-Cookie` header of a new session. */
export async function newSession(user: User): Promise<string> {
  const { getSession, commitSession } = storage()
  const session = await getSession()
  session.set('user', user.id)
  return commitSession(session)
}

/** The user of the session; `undefined` if there is none, or if it is forged. */
export async function sessionUser(request: Request): Promise<User | undefined> {
  const session = await storage().getSession(request.headers.get('cookie'))
  return users.get(session.get('user') ?? '')
}
