import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import type { PingerchipsServer } from '@pingerchips/core'
import { type PingerchipsEnv, pingerchips } from '@pingerchips/hono'
import { type Context, Hono } from 'hono'
import { getSignedCookie, setSignedCookie } from 'hono/cookie'

// Set it: with a random one, all users are logged out when the app restarts.
const secret = process.env.SESSION_SECRET ?? randomUUID()

/** The session is one signed cookie that holds the user's id. */
async function sessionUser(c: Context) {
  return users.get((await getSignedCookie(c, secret, 'session')) || '')
}

export function createApp(client: PingerchipsServer): Hono<PingerchipsEnv> {
  const app = new Hono<PingerchipsEnv>()

  app.use(
    pingerchips({
      client,
      user: (c) => sessionUser(c),
      authorize: ({ channel, kind, user }) => {
        if (kind === 'presence')
          return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }
        return channel === `private-user-${user.id}`
      },
    }),
  )

  // Your app checks a password here.
  app.post('/login', async (c) => {
    const { name } = await c.req.json<{ name: string }>()
    const user = users.get(name)
    if (user === undefined) return c.json({ error: 'No such user' }, 401)
    await setSignedCookie(c, 'session', user.id, secret, {
      httpOnly: true,
      sameSite: 'Lax', // other sites cannot send requests as the user
      secure: process.env.NODE_ENV === 'production',
      path: '/',
    })
    return c.json(user)
  })

  app.post('/notify/:id', async (c) => {
    const from = await sessionUser(c)
    const to = users.get(c.req.param('id'))
    if (from === undefined) return c.json({ error: 'Log in first' }, 401)
    if (to === undefined) return c.json({ error: 'No such user' }, 404)
    const { text } = await c.req.json<{ text?: string }>()
    await c.var.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
    return c.json({ success: true })
  })

  app.get('/', (c) => c.html(page('Hono')))
  app.get('/pusher.js', (c) => c.body(pusherJs, 200, { 'content-type': 'text/javascript' }))
  return app
}
