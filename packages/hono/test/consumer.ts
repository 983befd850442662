import { PingerchipsServer } from '@pingerchips/core'
import { type PingerchipsEnv, pingerchips } from '@pingerchips/hono'
import { Hono } from 'hono'

export const app = new Hono<PingerchipsEnv>()
app.use(
  pingerchips({
    client: PingerchipsServer.fromEnv(),
    user: (c) => (c.req.header('x-user') === 'ada' ? { id: '1' } : null),
    authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
  }),
)
app.post('/shipped', async (c) => {
  await c.var.pingerchips.trigger('private-user-1', 'order-update', {})
  return c.json({ success: true })
})
