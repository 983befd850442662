import { type ChannelAuth, PingerchipsError, PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express from 'express'

test('a TypeScript test of an Express app compiles and runs', async () => {
  const client = new PingerchipsServer('1', 'secret', { appKey: 'key', endpoint: 'http://127.0.0.1:9', retries: 0 })
  const app = express().use(pingerchips({ client, authorize: () => true }))
  const auth: ChannelAuth = client.authenticate('1.1', 'private-orders')
  expect(auth.auth).toMatch(/^key:[0-9a-f]{64}$/)
  expect(app).toBeInstanceOf(Function)
  await expect(client.trigger('a', 'b', 1)).rejects.toBeInstanceOf(PingerchipsError)
})
