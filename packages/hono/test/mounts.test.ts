import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { Hono } from 'hono'
import { expect, onTestFinished, test, vi } from 'vitest'
import { oddPaths } from '../../core/test/odd-paths.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
const authorize = () => true
const join = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"socket_id":"1.1","channel_name":"private-a"}',
}

test.each(oddPaths)('%s is not the endpoint', async (path) => {
  const app = new Hono().use(pingerchips({ client, authorize }))
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect((await fetch(url + path, join)).status).toBe(404)
})

test('a second mount under one property is an error', async () => {
  const app = new Hono()
    .use(pingerchips({ client, authorize }))
    .use(pingerchips({ client: other, authorize, path: '/chat/auth' }))
  app.onError((error, c) => c.json(error.message, 500))
  const response = await app.request('/')
  expect([response.status, await response.json()]).toEqual([
    500,
    expect.stringMatching(/^options\.property is 'pingerchips'/),
  ])
})

test('as the handler of another path it says on its first request that it is never reached', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const app = new Hono()
    .post('/auth', pingerchips({ client, authorize }))
    .use(pingerchips({ client, authorize, property: 'chat' }))
  for (let n = 0; n < 2; n++) expect((await app.request('/auth', join)).status).toBe(404)
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/is the handler of \/auth, .* never reached/)]])
  warn.mockRestore()
})
