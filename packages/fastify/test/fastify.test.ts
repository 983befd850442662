import { createHmac } from 'node:crypto'
import { PingerchipsServer } from '@pingerchips/core'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
const authorize = () => true
const join = {
  method: 'POST',
  url: '/pingerchips/auth',
  headers: { 'content-type': 'application/json' },
  payload: '{"socket_id":"1.1","channel_name":"private-a"}',
} as const

describe('the app stays as it was', () => {
  test('its content type parsers', async () => {
    const app = Fastify()
    app.addContentTypeParser('text/x', { parseAs: 'string' }, (_request, body, done) => done(null, `x:${body}`))
    app.register(pingerchips, { client, authorize })
    app.post('/echo', async (request) => ({ body: request.body }))
    const echo = async (type: string, payload: string) =>
      (await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': type }, payload })).json()
    expect(await echo('text/x', '1')).toEqual({ body: 'x:1' })
    expect(await echo('application/json', '{"a":1}')).toEqual({ body: { a: 1 } })
    expect(await echo('application/x-www-form-urlencoded', 'a=1')).toMatchObject({ statusCode: 415 })
    expect((await app.inject(join)).statusCode).toBe(200)
  })

  test('its error handler does not see refusals', async () => {
    const app = Fastify()
    app.setErrorHandler((_error, _request, reply) => reply.code(599).send('app'))
    app.register(pingerchips, { client, authorize })
    for (const [headers, status] of [
      [{ 'content-type': 'application/json\ta' }, 415],
      [{ 'content-type': 'application/json', 'content-length': '99999' }, 413],
    ] as const)
      expect((await app.inject({ ...join, headers })).statusCode).toBe(status)
  })

  test('its response schemas and serializers do not drop fields', async () => {
    const app = Fastify()
    app.addHook('onRoute', (route) => {
      route.schema = { response: { 200: { type: 'object', properties: { auth: { type: 'string' } } } } }
    })
    app.register(pingerchips, { client, authorize: () => ({ user_id: '1' }) })
    const reply = await app.inject({ ...join, payload: '{"socket_id":"1.1","channel_name":"presence-a"}' })
    expect(reply.json()).toHaveProperty('channel_data')
  })
})

test("webhooks have their limit, and not the app's", async () => {
  const app = Fastify({ bodyLimit: 10 })
  app.register(pingerchips, { client, authorize, webhooks: { handler() {} } })
  const payload = JSON.stringify({ time_ms: Date.now(), events: [] }) + ' '.repeat(100_000)
  const headers = {
    ...join.headers,
    'x-pusher-key': 'key',
    'x-pusher-signature': createHmac('sha256', 'secret').update(payload).digest('hex'),
  }
  const reply = await app.inject({ ...join, url: '/pingerchips/webhooks', headers, payload })
  expect([reply.statusCode, reply.json()]).toEqual([200, {}])
  expect((await app.inject({ ...join, payload: ' '.repeat(17_000) })).statusCode).toBe(413)
})

test("what is async is waited for where it is no Promise of the global's, as with zone.js", async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize, webhooks: { handler() {} } })
  await app.ready()
  vi.stubGlobal('Promise', class extends Promise<unknown> {})
  onTestFinished(() => void vi.unstubAllGlobals())
  expect((await app.inject({ ...join, url: '/pingerchips/webhooks' })).statusCode).toBe(401)
})

test('a failure shows the client nothing, where the app has no error handler too', async () => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => lines.push(line) } } })
  app.register(pingerchips, { client, authorize: () => Promise.reject(new Error('pw=hunter2')) })
  const reply = await app.inject(join)
  expect([reply.statusCode, reply.json()]).toEqual([500, { error: 'Internal server error' }])
  expect(lines.join('')).toContain('pw=hunter2')
})

test("an error of the app's own hooks stays its own", async () => {
  const app = Fastify()
  app.addHook('preHandler', async () => {
    throw Object.assign(new Error('busy'), { statusCode: 503, code: 'ECONNRESET' })
  })
  app.register(pingerchips, { client, authorize })
  expect((await app.inject(join)).statusCode).toBe(503)
})

test('app.pingerchips and request.pingerchips', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize })
  app.get('/', async (request) => [request.pingerchips.client === client, app.pingerchips === client])
  expect((await app.inject('/')).json()).toEqual([true, true])
})

test('a second client takes a name and a path of its own', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize })
  app.register(pingerchips, { client: other, authorize, property: 'chat', path: '/chat/auth' })
  await app.ready()
  expect((app as unknown as { chat: unknown }).chat).toBe(other)
  expect((await app.inject({ ...join, url: '/chat/auth' })).json().auth).toMatch(/^other:/)
  expect((await app.inject(join)).json().auth).toMatch(/^key:/)
})

test('a second client of the same name is refused by Fastify', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize })
  app.register(pingerchips, { client: other, authorize, path: '/chat/auth' })
  await expect(app.ready()).rejects.toMatchObject({ code: 'FST_ERR_DEC_ALREADY_PRESENT' })
})

test('inside a prefixed scope', async () => {
  const app = Fastify()
  app.register(async (scope) => scope.register(pingerchips, { client, authorize }), { prefix: '/v1' })
  expect((await app.inject({ ...join, url: '/v1/pingerchips/auth' })).statusCode).toBe(200)
  expect((await app.inject(join)).statusCode).toBe(404)
})

test('a client function belongs to a request', async () => {
  const app = Fastify()
  app.register(pingerchips, { client: (request) => (request.headers.host === 'other' ? other : client), authorize })
  app.get('/', async (request) => request.pingerchips.client === other)
  await app.ready()
  expect((await app.inject({ url: '/', headers: { host: 'other' } })).json()).toBe(true)
  expect(() => app.pingerchips).toThrow(/use request\.pingerchips/)
})

test('a bad option is refused when the app gets ready', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize, path: 'nonsense' })
  await expect(app.ready()).rejects.toThrow(/^options\.path /)
})
