import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import { H3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
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

describe.each<[string, (...routes: (readonly [string, ReturnType<typeof first>])[]) => RequestListener]>([
  [
    'h3 1',
    (...routes) => {
      const router = h3v1.createRouter()
      for (const [path, handler] of routes) router.post(path, handler as unknown as h3v1.EventHandler)
      router.post(
        '/notify',
        h3v1.defineEventHandler(() => 'sent'),
      )
      const app = h3v1.createApp().use(second() as unknown as h3v1.EventHandler)
      return h3v1.toNodeListener(app.use(router))
    },
  ],
  [
    'h3 2',
    (...routes) => {
      const app = new H3({ silent: true }).use(second())
      for (const [path, handler] of routes) app.post(path, handler)
      return toNodeHandler(app.post('/notify', () => 'sent'))
    },
  ],
])('a route of %s', (_name, listen) => {
  test('that has the endpoint as its handler at another path says so on its first request', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const url = await serve(listen(['/auth', pingerchips({ client, authorize, property: 'inner' })]))
    for (let n = 0; n < 2; n++) await fetch(`${url}/auth`, join)
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/is the handler of \/auth, .* never reached/)]])
    warn.mockRestore()
  })
  test('that the endpoint runs before causes no warning', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect((await fetch(`${await serve(listen())}/notify`, join)).status).toBe(200)
    expect(warn.mock.calls).toEqual([])
    warn.mockRestore()
  })
})
