import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { sessionUser } from '../lib/session.server'
import type { Route } from './+types/pingerchips-auth'

const handler = fetchHandler({
  client: () => PingerchipsServer.fromEnv(),
  user: sessionUser,
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})

export const action = ({ request }: Route.ActionArgs) => handler(request)
