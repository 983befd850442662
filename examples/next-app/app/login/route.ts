import { cookies } from 'next/headers'
import { cookieOptions, newSession, sessionCookie } from '@/lib/session'
import { users } from '@/lib/users'

// Your app checks a password here.
export async function POST(request: Request) {
  const { name } = await request.json()
  const user = users.get(name)
  if (user === undefined) return Response.json({ error: 'No such user' }, { status: 401 })
  const jar = await cookies()
  jar.set(sessionCookie, await newSession(user.id), cookieOptions)
  return Response.json(user)
}
