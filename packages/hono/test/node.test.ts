import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { Hono, type MiddlewareHandler } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const sent = '{"socket_id":"1.1","channel_name":"private-a"}'

/** Asks for `private-a`, of an app on a real server with `front` before the endpoint. */
async function ask(front: MiddlewareHandler): Promise<Response> {
  const app = new Hono().use(front).use(pingerchips({ client, authorize: () => true }))
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pingerchips/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sent,
  })
}

test('a request that the app has put in the place of the one that came is the one that is answered', async () => {
  const response = await ask(async (c, next) => {
    c.req.raw = new Request(c.req.raw, { body: sent.replace('private-a', 'private-b') })
    await next()
  })
  expect(await response.json()).toEqual(client.authenticate('1.1', 'private-b'))
})

test('one with more in it than came, such as what was compressed, is read no further than the limit', async () => {
  let chunks = 0
  const endless = new ReadableStream({
    pull(controller) {
      chunks++
      controller.enqueue(new Uint8Array(1024))
    },
  })
  const response = await ask(async (c, next) => {
    const headers = new Headers(c.req.raw.headers)
    headers.delete('content-length')
    c.req.raw = new Request(c.req.url, { method: 'POST', headers, body: endless, duplex: 'half' })
    await next()
  })
  expect(response.status).toBe(413)
  expect(chunks).toBeLessThan(100)
})

test.each<[string, MiddlewareHandler]>([
  [
    'read behind the endpoint',
    async (c, next) => {
      const copy = c.req.raw.clone()
      await next()
      c.header('x-body', await copy.text())
    },
  ],
  [
    'read beside it',
    async (c, next) => {
      const [text] = await Promise.all([c.req.raw.clone().text(), next()])
      c.header('x-body', text)
    },
  ],
])('c.req.raw.clone() in front, %s, keeps the body', async (_name, front) => {
  const response = await ask(front)
  expect([response.status, response.headers.get('x-body')]).toEqual([200, sent])
})
