import { cookies } from 'next/headers'
import { pingerchips } from '@/lib/pingerchips'
import { sessionCookie, sessionUser } from '@/lib/session'
import { users } from '@/lib/users'

export async function POST(request: Request, { params }: RouteContext<'/notify/[id]'>) {
  const from = await sessionUser((await cookies()).get(sessionCookie)?.value)
  const to = users.get((await params).id)
  if (from === undefined) return Response.json({ error: 'Log in first' }, { status: 401 })
  if (to === undefined) return Response.json({ error: 'No such user' }, { status: 404 })
  const { text } = await request.json()
  await pingerchips().trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
  return Response.json({ success: true })
}
