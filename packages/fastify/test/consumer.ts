import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/fastify'
import Fastify from 'fastify'

export const app = Fastify()
app.register(pingerchips, {
  client: PingerchipsServer.fromEnv(),
  user: (request) => (request.headers['x-user'] === 'ada' ? { id: '1' } : null),
  authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
})
app.post('/shipped', async (request) => {
  await request.pingerchips.trigger('private-user-1', 'order-update', {})
  return { success: app.pingerchips !== undefined }
})
