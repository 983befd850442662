import { json } from '@sveltejs/kit'
import { pingerchips } from '$lib/server/pingerchips'
import { users } from '$lib/server/users'
import type { RequestHandler } from './$types'

export const POST: RequestHandler = async ({ request, locals, params }) => {
  const to = users.get(params.id)
  if (locals.user === undefined) return json({ error: 'Log in first' }, { status: 401 })
  if (to === undefined) return json({ error: 'No such user' }, { status: 404 })
  const { text } = await request.json()
  await pingerchips().trigger(`private-user-${to.id}`, 'notification', { from: locals.user.name, text })
  return json({ success: true })
}
