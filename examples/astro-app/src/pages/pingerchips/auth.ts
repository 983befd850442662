import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import type { APIContext, APIRoute } from 'astro'
import { sessionUser } from '../../lib/session'

const contexts = new WeakMap<Request, APIContext>()
const handler = fetchHandler({
  client: () => PingerchipsServer.fromEnv(),
  user: async (request) => {
    const context = contexts.get(request)
    return context === undefined ? null : await sessionUser(context.cookies)
  },
  authorize: ({ channel, user }) => {
    if (channel === 'presence-lobby') return { user_id: user.id, user_info: { name: user.name } }
    return channel === `private-user-${user.id}`
  },
})

export const POST: APIRoute = (context) => {
  contexts.set(context.request, context)
  return handler(context.request)
}
