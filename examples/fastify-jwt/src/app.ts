import { page, pusherJs, users } from '@examples/page'
import { channelRules, type PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/fastify'
import { jwtUser } from '@pingerchips/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
import { bearerOf, issueToken, secret, trusted, type User } from './tokens.ts'

export function createApp(client: PingerchipsServer): FastifyInstance {
  const app = Fastify()

  app.register(pingerchips, {
    client,
    user: jwtUser({ secret, ...trusted, map: ({ sub = '' }) => users.get(sub) }),
    authorize: channelRules<User>()({
      'private-user-{id}': ({ user, params }) => params.id === user.id,
      'presence-lobby': ({ user }) => ({ user_id: user.id, user_info: { name: user.name } }),
    }),
  })

  // Your app checks a password here.
  app.post<{ Body: { name?: string } }>('/login', async (request, reply) => {
    const user = users.get(request.body?.name ?? '')
    if (user === undefined) return reply.code(401).send({ error: 'No such user' })
    return { ...user, token: await issueToken(user) }
  })

  app.post<{ Params: { id: string }; Body: { text?: string } }>('/notify/:id', async (request, reply) => {
    const from = await bearerOf(request.headers.authorization)
    const to = users.get(request.params.id)
    if (from === undefined)
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'Send a valid token' })
    if (to === undefined) return reply.code(404).send({ error: 'No such user' })
    const event = { from: from.name, text: request.body?.text }
    await request.pingerchips.trigger(`private-user-${to.id}`, 'notification', event)
    return { success: true }
  })

  app.get('/', (_request, reply) => reply.type('text/html').send(page('Fastify and JWT')))
  app.get('/pusher.js', (_request, reply) => reply.type('text/javascript').send(pusherJs))
  return app
}
