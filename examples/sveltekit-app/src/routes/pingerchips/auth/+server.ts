import { fetchHandler } from '@pingerchips/core/fetch'
import type { RequestEvent } from '@sveltejs/kit'
import { pingerchips } from '$lib/server/pingerchips'
import type { User } from '$lib/server/users'

export const POST = fetchHandler<User, RequestEvent>({
  client: pingerchips,
  user: (_request, { event }) => event.locals.user,
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})
