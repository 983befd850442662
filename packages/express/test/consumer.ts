import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express from 'express'

export const app = express()
app.use(
  pingerchips({
    client: PingerchipsServer.fromEnv(),
    user: (req) => (req.get('x-user') === 'ada' ? { id: '1' } : null),
    authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
  }),
)
app.post('/shipped', (req, res, next) => {
  req.pingerchips.trigger('private-user-1', 'order-update', {}).then(() => res.json({ success: true }), next)
})
