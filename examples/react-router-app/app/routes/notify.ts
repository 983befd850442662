import { PingerchipsServer } from '@pingerchips/core'
import { sessionUser } from '../lib/session.server'
import { users } from '../lib/users'
import type { Route } from './+types/notify'

export async function action({ request, params }: Route.ActionArgs) {
  const from = await sessionUser(request)
  const to = users.get(params.id)
  if (from === undefined) return Response.json({ error: 'Log in first' }, { status: 401 })
  if (to === undefined) return Response.json({ error: 'No such user' }, { status: 404 })
  const { text } = await request.json()
  await PingerchipsServer.fromEnv().trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
  return Response.json({ success: true })
}
