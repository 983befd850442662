import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { Endpoint } from '../src/adapter.ts'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'

const client = new PingerchipsServer('3', '7ad3773142a6692b25b8', { appKey: '278d425bdf160c739803' })
const signed = { auth: '278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4' }
const authorize = () => true

const request = (init: RequestInit = {}) =>
  new Request('http://app.example/anything', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"socket_id":"1234.1234","channel_name":"private-foobar"}',
    ...init,
  })

describe('fetchHandler', () => {
  test('answers wherever it is mounted', async () => {
    const response = await fetchHandler({ client, authorize })(request())
    expect([response.status, await response.json()]).toEqual([200, signed])
  })

  test('leaves CORS to whoever mounted it', async () => {
    const response = await fetchHandler({ client, authorize })(request({ method: 'OPTIONS', body: null }))
    expect([response.status, [...response.headers]]).toEqual([204, [['allow', 'POST']]])
  })

  test('a client function is called once for each env, with it', async () => {
    interface Env {
      SECRET: string
    }
    const make = vi.fn(
      (_request: Request, env: Env) => new PingerchipsServer('3', env.SECRET, { appKey: '278d425bdf160c739803' }),
    )
    const handler = fetchHandler({ client: make, authorize })
    const env = { SECRET: '7ad3773142a6692b25b8' }
    for (let n = 0; n < 3; n++) expect(await (await handler(request(), env)).json()).toEqual(signed)
    expect(make).toHaveBeenCalledTimes(1)
    expect(await (await handler(request(), { SECRET: 'another' })).json()).not.toEqual(signed)
    expect(make).toHaveBeenCalledTimes(2)
  })

  test('reports a failure to onError, and tells the client nothing of it', async () => {
    const onError = vi.fn()
    const failing = () => {
      throw new Error('the database is down')
    }
    const response = await fetchHandler({ client, authorize: failing, onError })(request())
    expect([response.status, await response.json()]).toEqual([500, { error: 'Internal server error' }])
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'the database is down' }),
      expect.any(Request),
    )
  })

  test('answers though onError throws', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    const onError = () => {
      throw new Error('the log is full')
    }
    const response = await fetchHandler({ client, authorize: () => Promise.reject(new Error('no')), onError })(
      request(),
    )
    expect([response.status, print.mock.calls.length]).toEqual([500, 1])
    print.mockRestore()
  })

  test("another realm's promises and errors are promises and errors", async () => {
    const onError = vi.fn()
    const elsewhere = { client, onError, authorize: () => runInNewContext('Promise.reject(new Error("elsewhere"))') }
    await fetchHandler(elsewhere)(request())
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'elsewhere' }),
      expect.any(Request),
    )
    const later = { client, authorize: () => runInNewContext('Promise.resolve(true)') }
    expect((await fetchHandler(later)(request())).status).toBe(200)
  })

  test('prints a failure when nobody else hears of it', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    await fetchHandler({ client, authorize: () => Promise.reject(new Error('no')) })(request())
    expect(print).toHaveBeenCalledTimes(1)
    print.mockRestore()
  })

  test('a body whose source fails is malformed', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
    const response = await fetchHandler({ client, authorize })(request({ body, duplex: 'half' } as RequestInit))
    expect(response.status).toBe(400)
  })

  test('a false Content-Length does not widen the limit', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': '10' }
    const response = await fetchHandler({ client, authorize })(request({ headers, body: 'x'.repeat(20_000) }))
    expect(response.status).toBe(413)
  })

  describe('an encrypted channel, with a client that has no key for it', () => {
    const body = '{"socket_id":"1234.1234","channel_name":"private-encrypted-a"}'
    test('is refused as any other', async () => {
      const onError = vi.fn()
      const response = await fetchHandler({ client, authorize: () => false, onError })(request({ body }))
      expect([response.status, await response.json()]).toEqual([403, { error: 'Access denied' }])
      expect(onError).not.toHaveBeenCalled()
    })
    test('is a failure of the app for whoever may join', async () => {
      const onError = vi.fn()
      const response = await fetchHandler({ client, authorize, onError })(request({ body }))
      expect([response.status, await response.json()]).toEqual([500, { error: 'Internal server error' }])
      expect(onError).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ name: 'PingerchipsError', code: 'encryption_key_missing' }),
        expect.any(Request),
      )
    })
  })

  test('types', () => {
    fetchHandler({
      client,
      user: async (request) => {
        expectTypeOf(request).toEqualTypeOf<Request>()
        return request.headers.get('x-user')
      },
      authorize: ({ user, request, kind }) => {
        expectTypeOf(user).toEqualTypeOf<string>()
        expectTypeOf(request).toEqualTypeOf<Request>()
        expectTypeOf(kind).toEqualTypeOf<'private' | 'presence' | 'encrypted'>()
        return { user_id: user }
      },
    })
  })
})

test('nodeHandler answers 500 and reports where there is no next', async () => {
  const onError = vi.fn()
  const handler = nodeHandler({ client, authorize: () => Promise.reject(new Error('the database is down')), onError })
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"socket_id":"1234.1234","channel_name":"private-foobar"}',
  })
  expect([response.status, await response.json()]).toEqual([500, { error: 'Internal server error' }])
  expect(onError).toHaveBeenCalledTimes(1)
  server.closeAllConnections()
  server.close()
})

describe('bad options are refused when the handler is made', () => {
  test.each([
    ['options', undefined],
    ['options', { client, authorize, path: '/x' }],
    ['options.onError', { client, authorize, onError: 'log' }],
    ['options', { client, authorize, authorise: authorize }],
    ['options.client', { authorize }],
    ['options.client', { client: {}, authorize }],
    ['options.authorize', { client }],
    ['options.authorize', { client, authorize: true }],
    ['options.user', { client, authorize, user: 'alice' }],
    ['options.timeout', { client, authorize, timeout: 0 }],
  ])('%s', (argument, options) => {
    expect(() => nodeHandler(options as never)).toThrow(TypeError)
    expect(() => nodeHandler(options as never)).toThrow(new RegExp(`^${argument} `))
  })
})

describe('the handlers', () => {
  test('nodeHandler answers OPTIONS 204 with Allow, as fetchHandler does', async () => {
    const server = createServer(nodeHandler({ client, authorize }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'OPTIONS' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'POST'])
    server.close()
  })

  test('do not ask a function for its client where there is nothing to sign', async () => {
    const ask = vi.fn(() => client)
    const handler = fetchHandler({ client: ask, authorize })
    await handler(request({ method: 'GET', body: null }))
    await handler(request({ body: '{"socket_id":"1:1","channel_name":"private-a"}' }))
    expect(ask).not.toHaveBeenCalled()
  })

  test.each([
    [{ webhooks: { path: '/hooks/auth', on: () => {} } }, /^options\.webhooks\.path must not end with \/auth/],
    [{ path: '/a/user-auth', user: () => 1, signin: (): null => null }, /^options\.path must not end with \/user-auth/],
    [{ signin: (): null => null }, /^options\.user is missing/],
  ])('refuse what a path could be taken for: %o', (options, message) => {
    expect(() => new Endpoint({ client, authorize, ...options } as never)).toThrow(message)
  })
})
