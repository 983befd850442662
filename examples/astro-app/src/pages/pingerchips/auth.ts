import { fetchHandler } from '@pingerchips/core/fetch'
import type { APIContext } from 'astro'
import { sessionUser } from '../../lib/session'
import type { User } from '../../lib/users'

export const POST = fetchHandler<User, APIContext>({
  user: (_request, { event }) => sessionUser(event.cookies),
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})
