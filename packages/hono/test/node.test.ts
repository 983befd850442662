import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { Hono, type MiddlewareHandler } from 'hono'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { pingerchips } from '../src/index.ts'

afterEach(() => void vi.useRealTimers())

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const sent = '{"socket_id":"1.1","channel_name":"private-a"}'

/** An app on a real server with `front` before the endpoint. */
async function serve(front: MiddlewareHandler): Promise<number> {
  const app = new Hono().use(front).use(pingerchips({ client, authorize: () => true }))
  // The server has no time-out of its own.
  const server = createServer(getRequestListener(app.fetch, { autoCleanupIncoming: false })).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Asks for `private-a`. */
async function ask(front: MiddlewareHandler): Promise<Response> {
  return fetch(`http://127.0.0.1:${await serve(front)}/pingerchips/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sent,
  })
}

test('a request as it came is read whole, without a second Request being made of it', async () => {
  const made = vi.fn()
  const response = await ask(async (c, next) => {
    Object.defineProperty(c.req.raw, 'body', { get: made })
    await next()
  })
  expect(await response.json()).toEqual(client.authenticate('1.1', 'private-a'))
  expect(made).not.toHaveBeenCalled()
})

describe('a request that the app has put in the place of the one that came', () => {
  test('is the one that is answered', async () => {
    const response = await ask(async (c, next) => {
      c.req.raw = new Request(c.req.raw, { body: sent.replace('private-a', 'private-another') })
      await next()
    })
    expect(await response.json()).toEqual(client.authenticate('1.1', 'private-another'))
  })

  test('is read no further than the limit, whatever headers it has kept: it may be of what was compressed', async () => {
    let chunks = 0
    const cancel = vi.fn()
    const response = await ask(async (c, next) => {
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1024))
          if (++chunks === 1000) controller.close()
        },
        cancel,
      })
      c.req.raw = new Request(c.req.raw, { body })
      await next()
    })
    expect(response.status).toBe(413)
    expect(chunks).toBeLessThan(100)
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  test('gets a 408 after 10 s, and its connection is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const socket = connect(
      await serve(async (c, next) => {
        c.req.raw = c.req.raw.clone()
        await next()
      }),
      '127.0.0.1',
    )
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
    socket.write('POST /pingerchips/auth HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n')
    socket.write('Content-Length: 100\r\nExpect: 100-continue\r\n\r\n')
    await once(socket, 'data')
    let received = ''
    await new Promise<void>((resolve) => socket.on('data', (data) => (received += data)).write('{', () => resolve()))
    await new Promise(setImmediate)
    vi.advanceTimersByTime(10_000)
    await closed
    expect(received).toMatch(/^HTTP\/1\.1 408 /)
  })
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
