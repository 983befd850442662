import { channelRules, PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/hono'
import { type Context, Hono } from 'hono'
import type { AppEnv } from './env.ts'
import { bearerOf, issueToken, tokenUser } from './tokens.ts'
import { type User, users } from './users.ts'

const app: Hono<AppEnv> = new Hono()

app.use(
  pingerchips({
    client: (c) => PingerchipsServer.fromEnv(c.env),
    user: (c: Context<AppEnv>, attempt) => tokenUser(c.env.JWT_SECRET)(c, attempt),
    authorize: channelRules<User>()({
      'private-user-{id}': ({ user, params }) => params.id === user.id,
      'presence-lobby': ({ user }) => ({ user_id: user.id, user_info: { name: user.name } }),
    }),
  }),
)

// Your app checks a password here.
app.post('/login', async (c) => {
  const { name } = await c.req.json<{ name: string }>()
  const user = users.get(name)
  if (user === undefined) return c.json({ error: 'No such user' }, 401)
  return c.json({ ...user, token: await issueToken(user, c.env.JWT_SECRET) })
})

app.post('/notify/:id', async (c) => {
  const from = await bearerOf(c.env.JWT_SECRET, c.req.header('authorization'))
  const to = users.get(c.req.param('id'))
  if (from === undefined) return c.json({ error: 'Send a valid token' }, 401, { 'www-authenticate': 'Bearer' })
  if (to === undefined) return c.json({ error: 'No such user' }, 404)
  const { text } = await c.req.json<{ text?: string }>()
  await c.var.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
  return c.json({ success: true })
})

export default app
