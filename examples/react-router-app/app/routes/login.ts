import { newSession } from '../lib/session.server'
import { users } from '../lib/users'
import type { Route } from './+types/login'

// Your app checks a password here.
export async function action({ request }: Route.ActionArgs) {
  const { name } = await request.json()
  const user = users.get(name)
  if (user === undefined) return Response.json({ error: 'No such user' }, { status: 401 })
  return Response.json(user, { headers: { 'Set-Cookie': await newSession(user) } })
}
