import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

const path = '/pingerchips/auth'
const json = 'Content-Type: application/json'
const signature = ['X-Pusher-Key: key', `X-Pusher-Signature: ${'0'.repeat(64)}`]

type SlowRequest = readonly [status: number, name: string, head: readonly string[]]

/** Requests whose body never ends, and the response to each. */
const slowRequests: readonly SlowRequest[] = [
  [408, 'a body that drips in', [`POST ${path}`, json, 'Content-Length: 100']],
  [408, 'a chunked body that drips in', [`POST ${path}`, json, 'Transfer-Encoding: chunked']],
  [
    408,
    'a form that drips in',
    [`POST ${path}`, 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 100'],
  ],
  [405, 'a body behind another method', [`PUT ${path}`, json, 'Content-Length: 100']],
  [405, 'a chunked body behind another method', [`DELETE ${path}`, json, 'Transfer-Encoding: chunked']],
  [415, 'a body behind another type', [`POST ${path}`, 'Content-Type: text/plain', 'Content-Length: 100']],
  [415, 'a body behind a Content-Encoding', [`POST ${path}`, json, 'Content-Encoding: gzip', 'Content-Length: 100']],
  [413, 'a body behind a Content-Length over the limit', [`POST ${path}`, json, 'Content-Length: 20000']],
  [408, 'a webhook that drips in', ['POST /pingerchips/webhooks', json, ...signature, 'Content-Length: 100']],
  [401, 'a body behind a webhook without a signature', ['POST /pingerchips/webhooks', json, 'Content-Length: 100']],
  [405, 'a body behind a webhook of another method', ['PUT /pingerchips/webhooks', json, 'Content-Length: 100']],
]

/**
 * Tests that a server closes connections whose body does not end in 10 s, and responds where it still can.
 * @param start an app with webhooks for the app key `key`; its server closes nothing by itself
 * @param more further requests to which this app responds
 */
export function describeSlowBodies(
  name: string,
  start: () => Promise<Server> | Server,
  more: readonly SlowRequest[] = [],
): void {
  describe(`slow bodies: ${name}`, () => {
    test.each([...slowRequests, ...more])(
      '%d to %s, and the server closes the connection after 10 s',
      async (status, _name, head) => {
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
        onTestFinished(() => void vi.useRealTimers())
        const server = await start()
        onTestFinished(() => {
          server.closeAllConnections()
          server.close()
        })
        // Node's own time-outs run in real time. They are off, so that nothing but the endpoint can close the connection.
        Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, timeout: 0 })
        if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
        const connection = once(server, 'connection') as Promise<[Socket]>
        const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
        onTestFinished(() => void client.destroy())
        let received = ''
        client.on('error', () => {}).on('data', (chunk) => (received += chunk))
        const [socket] = await connection
        const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
        const arrived = once(server, 'request')
        const [requestLine, ...headers] = head
        client.write([`${requestLine} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n'))
        const drip = head.some((line) => line.startsWith('Transfer')) ? '1\r\n{\r\n' : '{'
        client.write(drip)
        await arrived
        while (status !== 408 && !received.includes('\r\n\r\n')) await turns()
        await turns()

        for (let second = 1; second < 10; second++) {
          vi.advanceTimersByTime(1_000)
          client.write(drip)
          await turns()
        }
        vi.advanceTimersByTime(999)
        await turns()
        expect([socket.destroyed, client.destroyed]).toEqual([false, false])
        vi.advanceTimersByTime(1)
        await closed
        // Not `once`, which rejects if the connection is reset.
        if (!client.closed) await new Promise((resolve) => client.once('close', resolve))
        expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual([`HTTP/1.1 ${status}`])
      },
    )
  })
}

/** Some turns of the event loop, in which what is on the way arrives. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}
