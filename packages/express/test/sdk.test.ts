// The auth endpoint of the documented SDK, written by hand in Express, unchanged but for the import.
import { once } from 'node:events'
import { portOf } from '@pingerchips/conformance/app'
import PingerchipsServer from '@pingerchips/core'
import express from 'express'
import { expect, test } from 'vitest'

test('the auth endpoint written by hand', async () => {
  const pingerchips = new PingerchipsServer('3', '7ad3773142a6692b25b8', { appKey: '278d425bdf160c739803' })
  const app = express()
  app.use(express.json())
  app.post('/pingerchips/auth', (req, res) => {
    const { socket_id, channel_name } = req.body
    const auth = pingerchips.authenticate(socket_id, channel_name, { user_id: '1', user_info: { name: 'Ada' } })
    res.json(auth)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${portOf(server)}/pingerchips/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ socket_id: '1234.1234', channel_name: 'presence-foobar' }),
  })
  expect(await response.json()).toEqual({
    auth: expect.stringMatching(/^278d425bdf160c739803:[0-9a-f]{64}$/),
    channel_data: '{"user_id":"1","user_info":{"name":"Ada"}}',
  })
  server.closeAllConnections()
  server.close()
})
