import type { NextApiRequest, NextApiResponse } from 'next'
import { pingerchips } from '@/lib/pingerchips'
import { sessionCookie, sessionUser } from '@/lib/session'
import { users } from '@/lib/users'

export default async function notify(req: NextApiRequest, res: NextApiResponse) {
  const from = await sessionUser(req.cookies[sessionCookie])
  const to = users.get(String(req.query.id))
  if (from === undefined) return res.status(401).json({ error: 'Log in first' })
  if (to === undefined) return res.status(404).json({ error: 'No such user' })
  await pingerchips().trigger(`private-user-${to.id}`, 'notification', { from: from.name, text: req.body?.text })
  res.json({ success: true })
}
