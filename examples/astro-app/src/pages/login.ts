import type { APIRoute } from 'astro'
import { startSession } from '../lib/session'
import { users } from '../lib/users'

// Your app checks a password here.
export const POST: APIRoute = async ({ request, cookies }) => {
  const { name } = await request.json()
  const user = users.get(name)
  if (user === undefined) return Response.json({ error: 'No such user' }, { status: 401 })
  await startSession(cookies, user)
  return Response.json(user)
}
