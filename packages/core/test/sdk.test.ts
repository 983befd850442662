// The examples of the documented SDK, unchanged but for the import.

import { afterAll, beforeAll, expect, test } from 'vitest'
import PingerchipsServer from '../src/index.ts'
import { defaultApp, type LocalService, startLocal } from './local-service.ts'

let service: LocalService
beforeAll(async () => {
  service = await startLocal()
})
afterAll(() => service.close())

test('constructor, trigger and authenticate', async () => {
  const pingerchips = new PingerchipsServer(defaultApp.id, defaultApp.secret, {
    appKey: defaultApp.key,
    endpoint: service.url,
    token: defaultApp.token,
  })
  await pingerchips.trigger('my-channel', 'my-event', { message: 'hello world' })

  const auth = pingerchips.authenticate('1234.5678', 'presence-room', { user_id: '42', user_info: { name: 'Ada' } })
  expect(auth).toEqual({
    auth: expect.stringMatching(/^local-key:[0-9a-f]{64}$/),
    channel_data: '{"user_id":"42","user_info":{"name":"Ada"}}',
  })
  await pingerchips.close()
})
