import { createServer, type RequestListener } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import { appendCorsHeaders, bodyLimit, H3, type H3Event, HTTPError, onError, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { fetchNodeRequestHandler } from 'node-mock-http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type PingerchipsOptions, pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
const authorize = () => true
const headers = { 'content-type': 'application/x-www-form-urlencoded' }
const join = { method: 'POST', headers, body: 'socket_id=1.1&channel_name=private-a' }
const auth = { auth: expect.stringMatching(/^key:/) }

const forV1 = (options: PingerchipsOptions) => pingerchips(options) as unknown as h3v1.EventHandler

let close: () => void = () => {}
afterEach(() => close())
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${portOf(server)}`
}

describe('h3 2', () => {
  const middleware = () => pingerchips({ client, authorize })
  const below = new H3().use(middleware())

  test.each([
    ['use()', new H3().use(middleware()), '/pingerchips/auth'],
    ['a slash at the end, as h3 matches its own routes', new H3().use(middleware()), '/pingerchips/auth/'],
    ['a mounted app', new H3().mount('/v1', below), '/v1/pingerchips/auth'],
    ['an app in use()', new H3().use('/v1', below), '/v1/pingerchips/auth'],
    ['mounts of mounts', new H3().mount('/a', new H3().mount('/b', below)), '/a/b/pingerchips/auth'],
    ['a mounted fetch', new H3().mount('/m', below.fetch), '/m/pingerchips/auth'],
    ['a route of its own', new H3().post('/pingerchips/auth', middleware()), '/pingerchips/auth'],
    ['use() with a route', new H3().use('/pingerchips/**', middleware()), '/pingerchips/auth'],
  ])('mounted by %s', async (_name, app, path) => {
    const response = await app.request(path, join)
    expect([response.status, await response.json()]).toEqual([200, auth])
    expect((await app.request(`/x${path}`, join)).status).toBe(404)
  })

  test('two clients in one app, each by its name', async () => {
    const app = new H3()
      .use(middleware())
      .use(pingerchips({ client: other, property: 'chat', path: '/chat/auth', authorize }))
      .get('/', ({ context }) => [
        context.pingerchips.client === client,
        (context.chat as typeof context.pingerchips).client === other,
      ])
    expect(await (await app.request('/')).json()).toEqual([true, true])
    expect(await (await app.request('/chat/auth', join)).json()).toEqual({ auth: expect.stringMatching(/^other:/) })
  })

  test("headers of the app's stay, on refusals too", async () => {
    const app = new H3()
      .use((event) => appendCorsHeaders(event, { origin: ['https://app.example'], credentials: true }))
      .use(({ res }) => void res.headers.set('x-request-id', '7'))
      .use(pingerchips({ client, authorize: () => false }))
    const response = await app.request('/pingerchips/auth', {
      ...join,
      headers: { ...headers, origin: 'https://app.example' },
    })
    expect([response.status, await response.json()]).toEqual([403, { error: 'Access denied' }])
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(response.headers.get('x-request-id')).toBe('7')
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('bodyLimit in front', async () => {
    const app = new H3().use(bodyLimit(1000)).use(middleware())
    expect((await app.request('/pingerchips/auth', join)).status).toBe(200)
  })

  test('what authorize throws goes to the error middleware, and its status counts', async () => {
    const app = new H3({ silent: true })
      .use(onError((error) => ({ message: error.message })))
      .use(pingerchips({ client, authorize: () => Promise.reject(new HTTPError({ status: 503, message: 'later' })) }))
    expect(await (await app.request('/pingerchips/auth', join)).json()).toEqual({ message: 'later' })
  })

  test('on Workers the client function is called for every request, and waitUntil is the runtime’s', async () => {
    const make = vi.fn(({ runtime }: H3Event) => {
      const env = runtime?.cloudflare?.env as Record<string, string> | undefined
      return new PingerchipsServer('3', env?.SECRET ?? '', { appKey: 'key' })
    })
    const app = new H3().use(pingerchips({ client: make, authorize })).get('/', ({ context }) => {
      context.pingerchips.waitUntil(Promise.resolve())
      return ''
    })
    const waited: unknown[] = []
    const env = { SECRET: 's' }
    const ask = (path: string, init?: RequestInit) =>
      app.fetch(
        Object.assign(new Request(`http://localhost${path}`, init), {
          runtime: { name: 'cloudflare', cloudflare: { env } },
          waitUntil: (promise: Promise<unknown>) => void waited.push(promise),
        } as object),
      )
    for (let n = 0; n < 3; n++) expect(await (await ask('/pingerchips/auth', join)).json()).toEqual(auth)
    await ask('/')
    expect(make).toHaveBeenCalledTimes(4)
    expect(waited).toHaveLength(1)
  })

  test('a limit knows the address', async () => {
    const addresses: unknown[] = []
    const limit = {
      limiter: { consume: async () => {} },
      key: ({ address }: { address: string | undefined }) => String(addresses.push(address)),
    }
    const app = new H3().use(pingerchips({ client, authorize, rateLimit: limit }))
    const url = await serve(toNodeHandler(app))
    expect((await fetch(`${url}/pingerchips/auth`, join)).status).toBe(200)
    expect(addresses).toEqual(['127.0.0.1'])
  })
})

describe('h3 1', () => {
  const { createApp, createRouter, eventHandler, readBody, toNodeListener, toWebHandler, useBase } = h3v1
  const middleware = () => forV1({ client, authorize })

  test.each([
    ['use()', createApp().use(middleware()), '/pingerchips/auth'],
    ['use() with a prefix', createApp().use('/v1', middleware()), '/v1/pingerchips/auth'],
    [
      'useBase()',
      createApp().use('/v1', useBase('/v1', createApp().use(middleware()).handler)),
      '/v1/pingerchips/auth',
    ],
    ['a router', createApp().use(createRouter().post('/pingerchips/auth', middleware())), '/pingerchips/auth'],
  ])('mounted by %s', async (_name, app, path) => {
    const url = await serve(toNodeListener(app))
    const response = await fetch(`${url}${path}?a=b`, join)
    expect([response.status, await response.json()]).toEqual([200, auth])
    expect((await fetch(`${url}/x${path}`, join)).status).toBe(404)
  })

  test('the rate limit receives the client IP of the connection', async () => {
    const addresses: unknown[] = []
    const rateLimit = {
      limiter: { consume: async () => {} },
      key: ({ address }: { address: string | undefined }) => String(addresses.push(address)),
    }
    const url = await serve(toNodeListener(createApp().use(forV1({ client, authorize, rateLimit }))))
    expect((await fetch(`${url}/pingerchips/auth`, join)).status).toBe(200)
    expect(addresses).toEqual(['127.0.0.1'])
  })

  test('it knows the middleware for an event handler, and warns of nothing', () => {
    expect(h3v1.isEventHandler(middleware())).toBe(true)
  })

  test('a body that readBody() has read, where the app is a function of the request', async () => {
    const app = createApp().use(eventHandler(async (event) => void (await readBody(event))))
    const respond = toWebHandler(app.use(middleware()))
    const response = await respond(new Request('http://localhost/pingerchips/auth', join))
    expect([response.status, await response.json()]).toEqual([200, auth])
  })

  test.each([
    ['a Buffer', Buffer.from(join.body)],
    ['an ArrayBuffer', new TextEncoder().encode(join.body).buffer],
    ['text', join.body],
    ['a web stream', new Blob([join.body]).stream()],
    ['a Blob', new Blob([join.body])],
    ['URLSearchParams', new URLSearchParams(join.body)],
    ['FormData', formData(join.body)],
    ['an object', Object.fromEntries(new URLSearchParams(join.body))],
  ])('a request that Nitro has made up, with %s', async (_name, body) => {
    const listener = toNodeListener(createApp().use(middleware()))
    const response = await fetchNodeRequestHandler(listener as never, '/pingerchips/auth', { ...join, body } as never)
    expect([response.status, await response.json()]).toEqual([200, auth])
  })
})

function formData(text: string): FormData {
  const form = new FormData()
  for (const [name, value] of new URLSearchParams(text)) form.set(name, value)
  return form
}
