import { once } from 'node:events'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import Koa from 'koa'
import Koa2 from 'koa2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

/** The number of client IPs that the rate limit sees in two requests with different X-Forwarded-For headers. */
async function numberOfClients(app: Koa): Promise<number> {
  const keys = new Set<string>()
  const limiter = { consume: async (key: string) => void keys.add(key) }
  app.use(pingerchips({ client, user: () => null, authorize: () => true, rateLimit: { limiter } }))
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  for (const ip of ['203.0.113.1', '203.0.113.2'])
    await fetch(`http://127.0.0.1:${portOf(server)}/pingerchips/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
      body: '{"socket_id":"1.1","channel_name":"private-a"}',
    })
  return keys.size
}

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('the client IP in %s', (_name, Framework) => {
  test('is that of the connection, whatever X-Forwarded-For says', async () => {
    expect(await numberOfClients(new Framework())).toBe(1)
  })

  test('is ctx.ip, which app.proxy takes from X-Forwarded-For', async () => {
    expect(await numberOfClients(new Framework({ proxy: true }))).toBe(2)
  })
})
