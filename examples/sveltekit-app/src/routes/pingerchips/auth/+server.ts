import { fetchHandler } from '@pingerchips/core/fetch'
import { pingerchips } from '$lib/server/pingerchips'
import { sessionCookie, sessionUser } from '$lib/server/session'
import type { RequestHandler } from './$types'

const cookie = (header: string | undefined, name: string) =>
  header
    ?.split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)

const handler = fetchHandler({
  client: pingerchips,
  user: (_request, context) => sessionUser(cookie(context.header('cookie'), sessionCookie)),
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})

export const POST: RequestHandler = ({ request }) => handler(request)
