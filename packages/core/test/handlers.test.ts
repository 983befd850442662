import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { fromFetchRequest, MountedEndpoint, tooLarge } from '../src/adapter.ts'
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

afterEach(() => void vi.useRealTimers())

describe('fetchHandler', () => {
  test('responds on every path', async () => {
    const response = await fetchHandler({ client, authorize })(request())
    expect([response.status, await response.json()]).toEqual([200, signed])
  })

  test('responds to OPTIONS without CORS headers', async () => {
    const response = await fetchHandler({ client, authorize })(request({ method: 'OPTIONS', body: null }))
    expect([response.status, [...response.headers]]).toEqual([204, [['allow', 'POST']]])
  })

  test('passes an error to onError, and the client gets no detail of it', async () => {
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

  test('responds if onError throws', async () => {
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

  test('prints an error if there is no onError', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    await fetchHandler({ client, authorize: () => Promise.reject(new Error('no')) })(request())
    expect(print).toHaveBeenCalledTimes(1)
    print.mockRestore()
  })

  test('a body whose stream fails is malformed', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
    const response = await fetchHandler({ client, authorize })(request({ body, duplex: 'half' } as RequestInit))
    expect(response.status).toBe(400)
  })

  test('an endless body is read up to the limit, whatever its headers', async () => {
    for (const headers of [
      {},
      { 'content-length': '10' },
      { 'content-length': '10', 'transfer-encoding': 'chunked' },
    ]) {
      const cancel = vi.fn()
      const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)), cancel })
      const endless = request({ body, duplex: 'half' } as RequestInit)
      for (const [name, value] of Object.entries(headers)) endless.headers.set(name, value)
      expect((await fetchHandler({ client, authorize })(endless)).status).toBe(413)
      expect(cancel).toHaveBeenCalledTimes(1)
    }
  })

  test('a body that does not end in 10 s gets a 408, and its stream is cancelled', async () => {
    vi.useFakeTimers()
    const cancel = vi.fn()
    const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel })
    const answer = fetchHandler({ client, authorize })(request({ body, duplex: 'half' } as RequestInit))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(cancel).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect((await answer).status).toBe(408)
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  describe("Node's own headers decide where a body ends, if there are any", () => {
    test('and nothing else', () => {
      const headers = { authorization: 'a, b', 'content-length': '40' }
      const framing = { authorization: 'a', 'content-length': '4' }
      const incoming = fromFetchRequest(request({ headers }), { framing })
      expect([incoming.header('authorization'), incoming.header('content-length')]).toEqual(['a, b', '4'])
    })
    test.each([{}, { 'content-length': '10', 'transfer-encoding': 'chunked' }, { 'transfer-encoding': 'chunked' }])(
      'not with %j',
      async (framing) => {
        const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) })
        const endless = request({ body, duplex: 'half', headers: { 'content-length': '10' } } as RequestInit)
        expect(await fromFetchRequest(endless, { framing }).body(2048)).toBe(tooLarge)
      },
    )
    test('with a length, and their time is limited elsewhere', async () => {
      vi.useFakeTimers()
      const timed = fromFetchRequest(request({ headers: { 'content-length': '10' }, body: 'text' })).body(10)
      expect(vi.getTimerCount()).toBe(1)
      const framed = fromFetchRequest(request({ body: 'text' }), {
        framing: { 'content-length': '4' },
        deadline: { onExpired: undefined },
      }).body(10)
      expect(vi.getTimerCount()).toBe(1)
      expect(await Promise.all([timed, framed])).toEqual([new TextEncoder().encode('text'), 'text'])
    })
  })

  test('a body that was read: what the framework has kept, else an error that says what to do', async () => {
    const used = request()
    await used.text()
    const kept = fromFetchRequest(used, { keptBody: () => ({ a: 1 }), keptRawBody: () => 'raw' })
    expect([await kept.body(1), await kept.rawBody(1)]).toEqual([{ a: 1 }, 'raw'])
    const onError = vi.fn()
    const handler = fetchHandler({ client, authorize, onError, webhooks: { handler() {} } })
    expect((await handler(used)).status).toBe(500)
    const key = '278d425bdf160c739803'
    const headers = { 'content-type': 'application/json', 'x-pusher-key': key, 'x-pusher-signature': 'a'.repeat(64) }
    const hook = new Request('http://app.example/webhooks', { method: 'POST', body: '{}', headers })
    await hook.text()
    expect((await handler(hook)).status).toBe(500)
    expect(onError.mock.calls.map(([{ code, message }]) => [code, message])).toEqual([
      ['body_consumed', expect.stringMatching(/Mount the endpoint before that middleware/)],
      ['body_consumed', expect.stringMatching(/express\.json\(\{ verify:/)],
    ])
  })

  test('a callback that throws a value that is no Error', async () => {
    const onError = vi.fn()
    const aborted = AbortSignal.abort().reason
    for (const thrown of ['a text', aborted])
      await fetchHandler({ client, authorize: () => Promise.reject(thrown), onError })(request())
    const [[first], [second]] = onError.mock.calls as [[Error], [Error]]
    expect(first).toMatchObject({
      code: 'non_error_thrown',
      message: expect.stringMatching(/^A callback/),
      cause: 'a text',
    })
    expect(second).toBe(aborted)
  })

  test('no timer outlives its response', async () => {
    vi.useFakeTimers()
    const onError = () => {}
    for (const answer of [() => Promise.resolve(true), () => Promise.reject(new Error('no'))]) {
      await fetchHandler({ client, authorize: answer, onError })(request())
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('a field called then is no promise', async () => {
    const body = JSON.parse('{"socket_id":"1234.1234","channel_name":"private-foobar","then":1}')
    const header = (name: string) => (name === 'content-type' ? 'application/json' : undefined)
    const [join] = new MountedEndpoint<object, undefined>({ client, authorize }).routes
    expect(await join.respond({}, { method: 'POST', header, body: () => body, rawBody: () => '' })).toMatchObject({
      status: 200,
    })
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
    test('is an error of the app if authorize allows it', async () => {
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

test('nodeHandler responds with a 500 and calls onError if there is no next', async () => {
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

describe('an invalid result of a callback is an error of the app that says why', () => {
  const asked = async (options: object, body: object, path = '/auth') => {
    const onError = vi.fn()
    const handler = fetchHandler({ client, authorize, onError, ...options })
    const sent = new Request(`http://app.example${path}`, request({ body: JSON.stringify(body) }))
    expect((await handler(sent)).status).toBe(500)
    return onError.mock.calls[0]?.[0]
  }

  test.each<[channel: string, answer: unknown, message: RegExp]>([
    ['presence-a', true, /^authorize returned true for a presence channel, which needs a member/],
    ['private-a', { user_id: '1', name: 'x' }, /^authorize returned the unknown field 'name'. Put .* into user_info/],
    ['private-a', 'yes', /^authorize must return .* \(received a string\)/],
    ['private-a', 0, /^authorize must return .* \(received a number\)/],
    ['private-a', [], /^authorize must return .* \(received an array\)/],
    ['private-a', { user_id: '' }, /^authorize returned a value that cannot be signed: userData\.user_id must be/],
  ])('authorize, for %s: %o', async (channel, answer, message) => {
    const error = await asked({ authorize: () => answer }, { socket_id: '1.1', channel_name: channel })
    expect(error).toMatchObject({ code: 'invalid_callback_result', message: expect.stringMatching(message) })
  })

  test.each<[answer: unknown, message: RegExp]>([
    ['alice', /^signin must return a user .* \(received a string\)/],
    [true, /^signin must return a user .* \(received a boolean\)/],
    [[], /^signin must return a user .* \(received an array\)/],
    [{ id: 'a', name: 'x' }, /^signin returned the unknown field 'name'. Put .* into user_info/],
    [{ id: '' }, /^signin returned a value that cannot be signed: userData\.id must be/],
  ])('signin: %o', async (answer, message) => {
    const error = await asked({ user: () => 'a', signin: () => answer }, { socket_id: '1.1' }, '/user-auth')
    expect(error).toMatchObject({ code: 'invalid_callback_result', message: expect.stringMatching(message) })
  })
})

describe('bad options are refused when the handler is made', () => {
  test.each([
    ['options', undefined],
    ['options', { client, authorize, path: '/x' }],
    ['options.onError', { client, authorize, onError: 'log' }],
    ['options', { client, authorize, authorise: authorize }],
    ['options.client', { client: {}, authorize }],
    ['options.authorize', { client }],
    ['options.authorize', { client, authorize: true }],
    ['options.user', { client, authorize, user: 'alice' }],
    ['options.timeout', { client, authorize, timeout: 0 }],
  ])('%s', (argument, options) => {
    expect(() => fetchHandler(options as never)).toThrow(new RegExp(`^(${argument} (must|has)|Unknown option) .`))
    expect(() => nodeHandler(options as never)).toThrow(TypeError)
    expect(() => nodeHandler(options as never)).toThrow(new RegExp(`^(${argument} (must|has)|Unknown option) .`))
  })
})

describe('the handlers', () => {
  test('nodeHandler responds to OPTIONS with a 204 and Allow, as fetchHandler does', async () => {
    const server = createServer(nodeHandler({ client, authorize }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'OPTIONS' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'POST'])
    server.close()
  })

  test('respond with a 500 if a callback rejects with an unreadable value', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const tagged = Object.defineProperty({}, Symbol.toStringTag, {
      get() {
        throw new Error('no tag')
      },
    })
    for (const reason of [proxy, tagged]) {
      const codes: unknown[] = []
      const onError = (error: unknown) => codes.push((error as { code?: string }).code)
      const failing = () => Promise.reject(reason)
      for (const handler of [
        fetchHandler({ client, authorize: failing, onError }),
        fetchHandler({ client, user: failing, authorize, onError }),
      ])
        expect((await handler(request())).status).toBe(500)
      expect(codes).toEqual(['non_error_thrown', 'non_error_thrown'])
    }
  })

  test('do not call the client function for a malformed request', async () => {
    const ask = vi.fn(() => client)
    const handler = fetchHandler({ client: ask, authorize })
    await handler(request({ method: 'GET', body: null }))
    await handler(request({ body: '{"socket_id":"1:1","channel_name":"private-a"}' }))
    expect(ask).not.toHaveBeenCalled()
  })

  test.each([
    [{ webhooks: { path: '/hooks/auth', handler: () => {} } }, /^options\.webhooks\.path must not end with \/auth/],
    [
      { path: '/a/user-auth', user: () => 1, signin: (): null => null },
      /^options\.signinPath must not end with \/user-auth/,
    ],
    [{ signin: (): null => null }, /^options\.user is missing/],
  ])('refuse paths that could be taken for each other: %o', (options, message) => {
    expect(() => new MountedEndpoint({ client, authorize, ...options } as never)).toThrow(message)
  })
})
