import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/fastify'
import Fastify, { type FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface Session {
    user?: { id: string; name: string }
  }
}

// Set it: with a random one, all users are logged out when the app restarts.
const secret = process.env.SESSION_SECRET ?? randomUUID()

export function createApp(client: PingerchipsServer): FastifyInstance {
  const isProduction = process.env.NODE_ENV === 'production'
  const app = Fastify({ trustProxy: isProduction }) // the proxy that ends TLS: without it no Secure cookie is sent
  app.register(cookie)
  app.register(session, {
    secret,
    cookie: { sameSite: 'lax', secure: isProduction }, // other sites cannot send requests as the user
    saveUninitialized: false,
  })

  app.register(pingerchips, {
    client,
    user: (request) => request.session.user,
    authorize: ({ channel, kind, user }) => {
      if (kind === 'presence')
        return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }
      return channel === `private-user-${user.id}`
    },
  })

  // Your app checks a password here.
  app.post<{ Body: { name?: string } }>('/login', async (request, reply) => {
    const user = users.get(request.body?.name ?? '')
    if (user === undefined) return reply.code(401).send({ error: 'No such user' })
    // A new session id: an attacker may know the one from before the log-in.
    await request.session.regenerate()
    request.session.user = user
    return user
  })

  app.post<{ Params: { id: string }; Body: { text?: string } }>('/notify/:id', async (request, reply) => {
    const from = request.session.user
    const to = users.get(request.params.id)
    if (from === undefined) return reply.code(401).send({ error: 'Log in first' })
    if (to === undefined) return reply.code(404).send({ error: 'No such user' })
    const event = { from: from.name, text: request.body?.text }
    await request.pingerchips.trigger(`private-user-${to.id}`, 'notification', event)
    return { success: true }
  })

  app.get('/', (_request, reply) => reply.type('text/html').send(page('Fastify')))
  app.get('/pusher.js', (_request, reply) => reply.type('text/javascript').send(pusherJs))
  return app
}
