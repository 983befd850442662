import { describe, expect, test, vi } from 'vitest'
import { type AuthEndpointOptions, MountedEndpoint } from '../src/adapter.ts'
import { fetchHandler } from '../src/fetch.ts'
import { type AuthEvent, PingerchipsServer } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const authorize = () => true
const make = (options: object) => new MountedEndpoint<object, unknown>({ client, authorize, ...options } as never)
const on = () => {}

const asking = (path: string, body: object) =>
  new Request(`http://app.example${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const joining = { socket_id: '1.1', channel_name: 'private-a' }

describe('options', () => {
  const path = /must be a path of letters, digits/
  const name = /must be a property name/
  test.each<[argument: string, options: unknown, message: RegExp]>([
    ['options', null, /must be an object/],
    [
      'options',
      { client, authorize, authorise: authorize },
      /^Unknown option 'authorise'\. Did you mean 'authorize'\?/,
    ],
    ...[null, {}, { authenticate() {} }, { trigger() {} }].map((client): [string, unknown, RegExp] => [
      'options.client',
      { client, authorize },
      /must be a PingerchipsServer, a function that returns one/,
    ]),
    ['options.signin', { client, authorize, user: on, signin: 'x' }, /must be a function/],
    ...['', '/', 'auth', '/a/', '/a//b', '/a b', '/:id', 'x/auth', '/a\n', 1].map((bad): [string, unknown, RegExp] => [
      'options.path',
      { client, authorize, path: bad },
      path,
    ]),
    ['options.webhooks.path', { client, authorize, webhooks: { handler: on, path: 'hooks' } }, path],
    ['options.webhooks.handler', { client, authorize, webhooks: { handler: 'x' } }, /must be a function/],
    [
      'options.webhooks.path',
      { client, authorize, user: on, signin: on, webhooks: { handler: on, path: '/x/User-Auth' } },
      /must not end with \/User-Auth/,
    ],
    ...['', '1a', 'a-b', 'a.b', 'a\n', 1, ['a']].map((bad): [string, unknown, RegExp] => [
      'options.property',
      { client, authorize, property: bad },
      name,
    ]),
  ])('%s is refused: %o', (argument, options, message) => {
    const construct = () => new MountedEndpoint(options as AuthEndpointOptions<object, unknown>)
    expect(construct).toThrow(expect.objectContaining({ argument, message: expect.stringMatching(message) }))
  })

  test.each(['$', '_', 'chat', 'a1$_b'])('the property %s', (property) =>
    expect(make({ property }).property).toBe(property),
  )
  test.each(['/a', '/a.b/c-d_e~f/0', '/x/user-auth'])('the path %s', (path) => {
    expect(make({ path }).routes.map(({ path }) => path)).toEqual([path])
  })
})

test("a rate limit counts by the framework's address, unless the app gives another", async () => {
  const header = (name: string) => (name === 'content-type' ? 'application/json' : undefined)
  const incoming = { method: 'POST', header, body: () => joining, rawBody: () => '' }
  const addresses: unknown[] = []
  for (const address of [undefined, () => '192.0.2.2']) {
    const limit = {
      limiter: { consume: () => Promise.resolve() },
      key: (attempt: { address: unknown }) => String(addresses.push(attempt.address)),
      address,
    }
    const endpoint = new MountedEndpoint<{ ip: string }, undefined>(
      { client, authorize, rateLimit: limit },
      ({ ip }) => ip,
    )
    expect(await endpoint.routes[0].respond({ ip: '192.0.2.1' }, incoming)).toMatchObject({ status: 200 })
  }
  expect(addresses).toEqual(['192.0.2.1', '192.0.2.2'])
})

describe('routes', () => {
  const endpoint = make({ user: on, signin: on, webhooks: { handler: on } })
  test('are beside each other', () => {
    expect(endpoint.routes.map(({ path }) => path)).toEqual([
      '/pingerchips/auth',
      '/pingerchips/user-auth',
      '/pingerchips/webhooks',
    ])
  })
  test('are found by the framework’s comparison, and never for OPTIONS', () => {
    expect(endpoint.findRoute('GET', (path) => path === '/pingerchips/user-auth')).toBe(endpoint.routes[1])
    expect(endpoint.findRoute('POST', () => false)).toBeUndefined()
    expect(endpoint.findRoute('OPTIONS', () => true)).toBeUndefined()
  })
  test('are found by the last segment in a handler without a router', async () => {
    const handler = fetchHandler({ client, authorize, user: () => 'a', signin: () => ({ id: 'a' }) })
    for (const path of ['/user-auth', '/x/user-auth', '/x/user-auth/'])
      expect(await (await handler(asking(path, { socket_id: '1.1' }))).json()).toHaveProperty('user_data')
    for (const path of ['/', '/auth', '/x/user-auth/y'])
      expect((await handler(asking(path, { socket_id: '1.1' }))).status).toBe(400)
  })
})

describe('a client that comes with the request', () => {
  test.each<[() => unknown]>([[on], [() => null], [() => ({})], [async () => ({})]])(
    'must be a client: %o',
    async (lookUp) => {
      await expect((async () => make({ client: lookUp }).resolveClient({}))()).rejects.toThrow(
        /^options\.client must return a PingerchipsServer \(received/,
      )
    },
  )
  test('is observed as any other', async () => {
    const auth = vi.fn<(event: AuthEvent) => void>()
    const watched = new PingerchipsServer('3', 'secret', { appKey: 'key', hooks: { auth } })
    const handler = fetchHandler({ client: () => watched, authorize })
    expect((await handler(asking('/auth', joining))).status).toBe(200)
    expect(auth).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ outcome: 'granted', channel: 'private-a' }))
    expect(auth.mock.calls[0]?.[0].duration).toBeLessThan(60_000)
  })
})

test.each([
  ['user', '/auth'],
  ['authorize', '/auth'],
  ['signin', '/user-auth'],
])('%s has its time', async (callback, path) => {
  const onError = vi.fn()
  const callbacks = { user: () => 'a', authorize, signin: () => ({ id: 'a' }), [callback]: () => new Promise(() => {}) }
  expect(
    (await fetchHandler({ client, timeout: 5, onError, ...callbacks } as never)(asking(path, joining))).status,
  ).toBe(500)
  expect(onError.mock.calls[0]?.[0]).toMatchObject({
    code: 'callback_timeout',
    message: `${callback} did not return within 5 ms.`,
  })
})

describe('unauthenticated', () => {
  const status = async (options: object, path = '/auth') =>
    (await fetchHandler({ client, authorize, onError: on, ...options })(asking(path, joining))).status

  test.each([null, undefined, false, ''])('is a user of %o', async (user) => {
    expect(await status({ user: () => user })).toBe(403)
  })
  test.each([0, 1n, {}, 'a'])('is not a user of %o', async (user) => {
    expect(await status({ user: () => user })).toBe(200)
  })
  test.each([null, undefined, false])('is a signin of %o', async (answer) => {
    expect(await status({ user: () => 'a', signin: () => answer }, '/user-auth')).toBe(403)
  })
})

test('the error for what cannot be signed has the cause', async () => {
  const onError = vi.fn()
  await fetchHandler({ client, authorize: () => ({ user_id: '' }), onError })(asking('/auth', joining))
  expect(onError.mock.calls[0]?.[0].cause).toBeInstanceOf(TypeError)
})

describe("a request's helper", () => {
  const settled = Promise.resolve()
  const request = {}
  const helper = (socketId?: string) => {
    const sender = { authenticate() {}, trigger: vi.fn(async () => 'sent'), waitUntil: vi.fn(() => settled) }
    const lookUp = vi.fn(() => sender)
    const waitUntil = vi.fn()
    const header = (name: string) => (name === 'x-socket-id' ? socketId : undefined)
    const pingerchips = make({ client: lookUp }).requestClient(request, { header, waitUntil })
    return { sender, lookUp, waitUntil, pingerchips }
  }

  test('triggers, with a client that is looked up once', async () => {
    const { sender, lookUp, pingerchips } = helper()
    const { trigger } = pingerchips
    expect(lookUp).not.toHaveBeenCalled()
    for (let n = 0; n < 2; n++) expect(await trigger('a', 'e', 1, { timeout: 5 })).toBe('sent')
    expect(sender.trigger).toHaveBeenCalledWith('a', 'e', 1, { timeout: 5 })
    expect(lookUp).toHaveBeenCalledTimes(1)
  })

  test.each<[sent: string | undefined, options: object]>([
    ['1.1', { timeout: 5, socketId: '1.1' }],
    ['1.1:', { timeout: 5 }],
    [undefined, { timeout: 5 }],
  ])('leaves the sender %s out', async (sent, options) => {
    const { sender, pingerchips } = helper(sent)
    expect(await pingerchips.toOthers().trigger('a', 'e', 1, { timeout: 5 })).toBe('sent')
    expect(sender.trigger).toHaveBeenCalledExactlyOnceWith('a', 'e', 1, options)
  })

  test('has the runtime wait for what goes on', () => {
    const { sender, waitUntil, pingerchips } = helper()
    const going = Promise.resolve()
    pingerchips.waitUntil(going)
    expect(sender.waitUntil).toHaveBeenCalledExactlyOnceWith(going)
    expect(waitUntil).toHaveBeenCalledExactlyOnceWith(settled)
  })
  test('does not end the process with what fails where there is no client', () => {
    const { pingerchips, lookUp } = helper()
    lookUp.mockReturnValue(undefined as never)
    expect(() => pingerchips.waitUntil(Promise.reject(new Error('no')))).toThrow(TypeError)
  })
})
