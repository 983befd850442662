import { fetchHandler } from '@pingerchips/core/fetch'
import { sessionUser } from '../lib/session.server'

export const action = fetchHandler({
  user: sessionUser,
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})
