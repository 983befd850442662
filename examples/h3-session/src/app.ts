import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import type { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/h3'
import { getRouterParam, H3, type H3Event, HTTPError, html, raw, useSession } from 'h3'

// Set it: with a random one, all users are logged out when the app restarts.
const password = process.env.SESSION_SECRET ?? randomUUID()

const sessionOf = (event: H3Event) =>
  useSession<{ user: string }>(event, {
    password,
    cookie: { sameSite: 'lax', secure: process.env.NODE_ENV === 'production' }, // lax: other sites cannot act as the user
  })

async function sessionUser(event: H3Event) {
  const { data } = await sessionOf(event)
  return users.get(data.user ?? '')
}

export function createApp(client: PingerchipsServer): H3 {
  const app = new H3()

  app.use(
    pingerchips({
      client,
      user: sessionUser,
      authorize: ({ channel, kind, user }) => {
        if (kind === 'presence')
          return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }
        return channel === `private-user-${user.id}`
      },
    }),
  )

  // Your app checks a password here.
  app.post('/login', async (event) => {
    const { name = '' } = (await event.req.json()) as { name?: string }
    const user = users.get(name)
    if (user === undefined) throw new HTTPError('No such user', { status: 401 })
    const session = await sessionOf(event)
    await session.clear() // a new session id: an attacker may know the one from before the log-in
    await session.update({ user: user.id })
    return user
  })

  app.post('/notify/:id', async (event) => {
    const from = await sessionUser(event)
    const to = users.get(getRouterParam(event, 'id') ?? '')
    if (from === undefined) throw new HTTPError('Log in first', { status: 401 })
    if (to === undefined) throw new HTTPError('No such user', { status: 404 })
    const { text } = (await event.req.json()) as { text?: string }
    await event.context.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
    return { success: true }
  })

  app.get('/', () => html(raw(page('h3'))))
  app.get('/pusher.js', ({ res }) => {
    res.headers.set('content-type', 'text/javascript')
    return pusherJs
  })
  return app
}
