import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LocalService } from '../src/index.ts'
import { connect, enter, hmac, startLogged } from './harness.ts'

/** A WebSocket client over plain TCP that can send a Close frame and keep its side of the connection open. */
async function openTcp({ host, port }: LocalService): Promise<{ tcp: Socket; socketId: string }> {
  const tcp = connectTcp({ host, port, allowHalfOpen: true })
  onTestFinished(() => {
    tcp.destroy()
  })
  const key = randomBytes(16).toString('base64')
  tcp.write(
    `GET /app/local-key?protocol=7 HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  let text = ''
  for (;;) {
    const [chunk] = await once(tcp, 'data')
    text += String(chunk)
    const socketId = /\\"socket_id\\":\\"([\d.]+)/.exec(text)?.[1]
    if (socketId !== undefined) return { tcp, socketId }
  }
}

/** One masked frame of at most 65,535 bytes. */
function frame(opcode: number, payload: Buffer): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload])
}

describe("a client's Close frame", () => {
  test.each([
    ['with a code', Buffer.from([0x03, 0xe8])],
    ['without a code', Buffer.alloc(0)],
  ])('%s ends its subscriptions and its member at once, while TCP stays open', async (_what, payload) => {
    const { service, upTo } = await startLogged()
    const watcher = await connect(service)
    await enter(watcher, 'presence-a', 'watcher')
    const { tcp, socketId } = await openTcp(service)
    const data = '{"user_id":"leaving"}'
    const auth = `local-key:${hmac(`${socketId}:presence-a:${data}`)}`
    const subscribe = { event: 'pusher:subscribe', data: { channel: 'presence-a', auth, channel_data: data } }
    tcp.write(frame(1, Buffer.from(JSON.stringify(subscribe))))
    expect(await watcher.frame()).toMatchObject({ event: 'pusher_internal:member_added' })

    tcp.write(frame(8, payload))
    expect(await watcher.frame()).toMatchObject({
      event: 'pusher_internal:member_removed',
      data: '{"user_id":"leaving"}',
    })
    await upTo('unsubscribed')
    expect(await upTo('disconnected')).toMatchObject([{ socketId, code: payload.length === 0 ? 1005 : 1000 }])
    expect(tcp.destroyed).toBe(false)
  })
})

describe('a WebSocket ping or pong', () => {
  test.each([
    ['ping', 9],
    ['pong', 10],
  ])('counts as activity: %s', async (_name, opcode) => {
    const { service, upTo } = await startLogged({ activityTimeout: 0.3, pongTimeout: 0.3 })
    const { tcp } = await openTcp(service)
    const received: string[] = []
    tcp.on('data', (chunk) => received.push(String(chunk)))
    const timer = setInterval(() => tcp.write(frame(opcode, Buffer.alloc(0))), 50)
    onTestFinished(() => clearInterval(timer))
    // Another client, which stays silent, is pinged and then closed: by then twice the time has passed for both.
    const silent = await openTcp(service)
    expect((await upTo('disconnected')).at(-1)).toMatchObject({ socketId: silent.socketId, code: 4201 })
    expect(received.join('')).not.toContain('pusher:ping')
  })
})
