import { json } from '@sveltejs/kit'
import { cookieOptions, newSession, sessionCookie } from '$lib/server/session'
import { users } from '$lib/server/users'
import type { RequestHandler } from './$types'

// Your app checks a password here.
export const POST: RequestHandler = async ({ request, cookies }) => {
  const { name } = await request.json()
  const user = users.get(name)
  if (user === undefined) return json({ error: 'No such user' }, { status: 401 })
  cookies.set(sessionCookie, await newSession(user.id), cookieOptions)
  return json(user)
}
