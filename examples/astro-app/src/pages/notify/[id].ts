import { PingerchipsServer } from '@pingerchips/core'
import type { APIRoute } from 'astro'
import { sessionUser } from '../../lib/session'
import { users } from '../../lib/users'

export const POST: APIRoute = async ({ request, cookies, params }) => {
  const from = await sessionUser(cookies)
  const to = users.get(params.id ?? '')
  if (from === undefined) return Response.json({ error: 'Log in first' }, { status: 401 })
  if (to === undefined) return Response.json({ error: 'No such user' }, { status: 404 })
  const { text } = await request.json()
  await PingerchipsServer.fromEnv().trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
  return Response.json({ success: true })
}
