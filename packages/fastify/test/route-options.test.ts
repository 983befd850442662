import { Agent, request } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const subscribe = {
  method: 'POST',
  url: '/pingerchips/auth',
  headers: { 'content-type': 'application/json' },
  payload: '{"socket_id":"1.1","channel_name":"private-a"}',
} as const

/** An app and the lines of its log. */
function logged(): { app: FastifyInstance; lines: string[] } {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  return { app: Fastify({ logger: { level: 'info', stream } }), lines }
}

test('logLevel is that of the route: requests below it are not logged', async () => {
  const { app, lines } = logged()
  app.register(pingerchips, { client, authorize: () => true, logLevel: 'error' })
  app.get('/', () => 'ok')
  await app.inject(subscribe)
  expect(lines).toEqual([])
  await app.inject('/')
  expect(lines.length).toBeGreaterThan(0)
})

test('logSerializers are those of the route', async () => {
  const { app, lines } = logged()
  app.register(pingerchips, { client, authorize: () => true, logSerializers: { req: () => 'a request' } })
  await app.inject(subscribe)
  expect(lines.map((line) => JSON.parse(line).req)).toContain('a request')
})

test('a Content-Type that Fastify does not parse leaves the connection open', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize: () => true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  onTestFinished(async () => {
    agent.destroy()
    await app.close()
  })
  const headers = { 'content-type': 'nonsense' }
  /** @returns the status, and whether the connection of an earlier request was used */
  const send = () =>
    new Promise<[status: number | undefined, isReused: boolean]>((resolve) => {
      const options = { agent, port: portOf(app.server), path: subscribe.url, method: 'POST', headers }
      const sent = request(options, (response) => {
        response.resume().on('end', () => setImmediate(resolve, [response.statusCode, sent.reusedSocket]))
      })
      sent.end('socket_id=1.1&channel_name=private-a')
    })
  expect([await send(), await send()]).toEqual([
    [415, false],
    [415, true],
  ])
})

/** The number of client IPs that the rate limit sees in two requests with different X-Forwarded-For headers. */
async function numberOfClients(options: FastifyServerOptions): Promise<number> {
  const keys = new Set<string>()
  const limiter = { consume: async (key: string) => void keys.add(key) }
  const app = Fastify(options)
  app.register(pingerchips, { client, user: () => null, authorize: () => true, rateLimit: { limiter } })
  for (const ip of ['203.0.113.1', '203.0.113.2'])
    await app.inject({ ...subscribe, headers: { ...subscribe.headers, 'x-forwarded-for': ip } })
  return keys.size
}

test('the client IP is request.ip, which trustProxy takes from X-Forwarded-For', async () => {
  expect(await numberOfClients({})).toBe(1)
  expect(await numberOfClients({ trustProxy: true })).toBe(2)
})

test('a request of app.inject() that is refused unread leaves no timer that throws', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize: () => true })
  await app.ready()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  expect((await app.inject({ ...subscribe, method: 'PUT' })).statusCode).toBe(405)
  await new Promise(setImmediate)
  vi.advanceTimersByTime(10_000)
})
