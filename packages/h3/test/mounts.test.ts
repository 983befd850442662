import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import { H3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { describe, expect, onTestFinished, test } from 'vitest'
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
const first = () => pingerchips({ client, authorize })
const second = () => pingerchips({ client: other, authorize, path: '/chat/auth' })

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const v1 = (...middleware: ReturnType<typeof first>[]) => {
  const app = h3v1.createApp()
  for (const each of middleware) app.use(each as unknown as h3v1.EventHandler)
  return h3v1.toNodeListener(app)
}
const v2 = (...middleware: ReturnType<typeof first>[]) => {
  const app = new H3({ silent: true })
  for (const each of middleware) app.use(each)
  return toNodeHandler(app)
}

describe.each([
  ['h3 1', v1],
  ['h3 2', v2],
])('%s', (_name, listen) => {
  test.each(oddPaths)('%s is not the endpoint', async (path) => {
    expect((await fetch((await serve(listen(first()))) + path, join)).status).toBe(404)
  })
  test.each(['/pingerchips/auth', '/pingerchips/auth?a=b', '/pingerchips/auth?a=%3f&b=/x', '/pingerchips/auth/'])(
    '%s is the endpoint',
    async (path) => {
      expect((await fetch((await serve(listen(first()))) + path, join)).status).toBe(200)
    },
  )
  test('a second mount under one property is an error', async () => {
    expect((await fetch(`${await serve(listen(first(), second()))}/chat/auth`, join)).status).toBe(500)
  })
})
