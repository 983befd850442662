import { PingerchipsServer } from '@pingerchips/core'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { every } from 'hono/combine'
import { cors } from 'hono/cors'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type PingerchipsEnv, pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const authorize = () => true
const form = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'socket_id=1.1&channel_name=private-a',
}
const json = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"socket_id":"1.1","channel_name":"private-a"}',
}

describe('a body that the app has read', () => {
  test.each([
    ['text()', json, (c: Context) => c.req.text()],
    ['json()', json, (c: Context) => c.req.json()],
    ['arrayBuffer()', json, (c: Context) => c.req.arrayBuffer()],
    ['blob()', json, (c: Context) => c.req.blob()],
    ['parseBody()', form, (c: Context) => c.req.parseBody()],
    ['formData()', form, (c: Context) => c.req.formData()],
    ['text() of a form', form, (c: Context) => c.req.text()],
    ['arrayBuffer() and text()', form, async (c: Context) => [await c.req.arrayBuffer(), await c.req.text()]],
  ])('%s', async (_name, request, read) => {
    const app = new Hono()
    app.use(async (c, next) => {
      await read(c)
      await next()
    })
    app.use(pingerchips({ client, authorize }))
    expect((await app.request('/pingerchips/auth', request)).status).toBe(200)
  })

  test('a field twice in a form that parseBody() read', async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      await c.req.parseBody()
      await next()
    })
    app.use(pingerchips({ client, authorize }))
    const twice = { ...form, body: `${form.body}&channel_name=private-b` }
    expect((await app.request('/pingerchips/auth', twice)).status).toBe(400)
  })

  test('bodyLimit in front', async () => {
    const app = new Hono().use(bodyLimit({ maxSize: 1000 })).use(pingerchips({ client, authorize }))
    expect((await app.request('/pingerchips/auth', form)).status).toBe(200)
  })
})

test("headers of the app's cors() stay, on refusals too", async () => {
  const app = new Hono()
    .use(cors({ origin: 'https://app.example', credentials: true }))
    .use(pingerchips({ client, authorize: () => false }))
  const response = await app.request('/pingerchips/auth', {
    ...form,
    headers: { ...form.headers, origin: 'https://app.example' },
  })
  expect(response.status).toBe(403)
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
})

test('a header set with c.header() stays, in a middleware that is combined with this one too', async () => {
  const mark: MiddlewareHandler = async (c, next) => {
    c.header('x-request-id', '7')
    await next()
  }
  for (const app of [
    new Hono().use(mark).use(pingerchips({ client, authorize })),
    new Hono().use(every(mark, pingerchips({ client, authorize }))),
  ]) {
    const response = await app.request('/pingerchips/auth', form)
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, '7'])
  }
})

test("what is async is waited for where it is no Promise of the global's, as with zone.js", async () => {
  vi.stubGlobal('Promise', class extends Promise<unknown> {})
  onTestFinished(() => void vi.unstubAllGlobals())
  const refuse = new Hono().use(pingerchips({ client, authorize: async () => false }))
  expect((await refuse.request('/pingerchips/auth', form)).status).toBe(403)
  const fail = new Hono().use(pingerchips({ client, authorize: () => Promise.reject(new Error('no')) }))
  fail.onError((_error, c) => c.text('', 500))
  expect((await fail.request('/pingerchips/auth', form)).status).toBe(500)
})

test('the client is there inside the callbacks', async () => {
  const app = new Hono<PingerchipsEnv>()
  app.use(pingerchips({ client, authorize: ({ request }) => request.var.pingerchips.client === client }))
  expect((await app.request('/pingerchips/auth', form)).status).toBe(200)
})

test('a client function is called for every request, and fromEnv keeps one client for each env', async () => {
  const make = vi.fn(async (c: Context) => PingerchipsServer.fromEnv(c.env))
  const app = new Hono<PingerchipsEnv>()
  app.use(pingerchips({ client: make, authorize }))
  app.get('/', async (c) =>
    c.json((await c.var.pingerchips.resolveClient()) === PingerchipsServer.fromEnv(c.env as Record<string, unknown>)),
  )
  const env = (key: string) => ({
    PINGERCHIPS_APP_ID: '1',
    PINGERCHIPS_APP_SECRET: 's',
    PINGERCHIPS_APP_KEY: key,
  })
  const [one, two] = [env('one'), env('two')]
  for (const [current, key] of [
    [one, /^one:/],
    [two, /^two:/],
    [one, /^one:/],
  ] as const)
    expect(await (await app.request('/pingerchips/auth', form, current)).json()).toEqual({
      auth: expect.stringMatching(key),
    })
  expect(await (await app.request('/', {}, one)).json()).toBe(true)
  expect(make).toHaveBeenCalledTimes(4)
})

describe('mounted', () => {
  const sub = () => new Hono().use(pingerchips({ client, authorize }))
  test.each([
    ['a base path', new Hono().basePath('/v1').use(pingerchips({ client, authorize })), '/v1/pingerchips/auth'],
    ['a routed sub-app', new Hono().route('/v1', sub()), '/v1/pingerchips/auth'],
    ['nested sub-apps', new Hono().route('/a', new Hono().route('/b', sub())), '/a/b/pingerchips/auth'],
    ['a parameter in the prefix', new Hono().route('/:tenant', sub()), '/acme/pingerchips/auth'],
    ['a path of use()', new Hono().use('/rt/*', pingerchips({ client, authorize })), '/rt/pingerchips/auth'],
    ['mount()', new Hono().mount('/m', sub().fetch), '/m/pingerchips/auth'],
    [
      'a route with a parameter',
      new Hono().post('/pingerchips/:action', pingerchips({ client, authorize })),
      '/pingerchips/auth',
    ],
    [
      'a route that is all parameter',
      new Hono().all('/:rest{.+}', pingerchips({ client, authorize })),
      '/pingerchips/auth',
    ],
    ['its own route', new Hono().post('/pingerchips/auth', pingerchips({ client, authorize })), '/pingerchips/auth'],
  ])('%s', async (_name, app, path) => {
    expect((await app.request(path, form)).status).toBe(200)
    expect((await app.request(`/x${path}`, form)).status).toBe(404)
    if (path !== '/pingerchips/auth') expect((await app.request('/pingerchips/auth', form)).status).toBe(404)
  })
})

test('waitUntil of the client passes promises to the execution context of the runtime', async () => {
  const app = new Hono<PingerchipsEnv>().use(pingerchips({ client, authorize: () => true }))
  app.get('/', (c) => {
    c.var.pingerchips.waitUntil(Promise.resolve())
    return c.text('')
  })
  const waitUntil = vi.fn()
  await app.fetch(new Request('http://localhost/'), {}, { waitUntil, passThroughOnException() {}, props: {} })
  expect(waitUntil).toHaveBeenCalledOnce()
})
