import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Backend from 'pusher'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { PingerchipsError, PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { defaultApp, type LocalService, startLocal } from './local-service.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default
type Browser = InstanceType<typeof Pusher>
const { id, key, secret, token } = defaultApp

describe('against the service', () => {
  let service: LocalService
  let client: PingerchipsServer
  let browsers: Browser[]

  beforeAll(async () => {
    service = await startLocal()
    client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url, protocol: 'pusher' })
  })
  beforeEach(() => {
    browsers = []
  })
  afterEach(() => {
    for (const browser of browsers) browser.disconnect()
  })
  afterAll(async () => {
    await client.close()
    await service.close()
  })

  /** A user's browser, authorized for every channel. */
  function browse(userId: string | number): Browser {
    const browser = new Pusher(key, {
      cluster: 'local',
      wsHost: service.host,
      wsPort: service.port,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: {
        customHandler: ({ socketId, channelName }, answer) =>
          answer(
            null,
            client.authenticate(
              socketId,
              channelName,
              channelName.startsWith('presence-') ? { user_id: userId } : undefined,
            ),
          ),
      },
      userAuthentication: {
        customHandler: ({ socketId }, answer) =>
          answer(null, client.authenticateUser(socketId, { id: String(userId) })),
      },
    })
    browsers.push(browser)
    return browser
  }
  const join = async (browser: Browser, ...names: string[]) => {
    for (const name of names)
      await new Promise((resolve) => browser.subscribe(name).bind('pusher:subscription_succeeded', resolve))
  }
  const signIn = async (userId: string) => {
    const browser = browse(userId)
    await new Promise((resolve) => {
      browser.bind('pusher:signin_success', resolve)
      browser.signin()
    })
    const { user } = browser as unknown as { user: { serverToUserChannel: ReturnType<Browser['subscribe']> } }
    await new Promise((resolve) => user.serverToUserChannel.bind('pusher:subscription_succeeded', resolve))
    return browser
  }

  test('lists channels, their counts and their members', async () => {
    await join(browse('ada'), 'open', 'lobby', 'private-a=@,.;', 'presence-room', 'presence-other')
    await join(browse('ada'), 'presence-room')
    await join(browse(7), 'presence-room', 'lobby')

    const all = await client.listChannels()
    expect(all).toEqual({
      open: {},
      lobby: {},
      'private-a=@,.;': {},
      'presence-room': {},
      'presence-other': {},
    })
    expect('hasOwnProperty' in all).toBe(false)
    expect(await client.listChannels({ prefix: 'private-a=@,.;', info: ['subscription_count'] })).toEqual({
      'private-a=@,.;': { subscription_count: 1 },
    })
    const counted = await client.listChannels({ prefix: 'presence-', info: ['user_count', 'subscription_count'] })
    expectTypeOf(counted).toEqualTypeOf<
      Record<string, { readonly user_count: number; readonly subscription_count: number }>
    >()
    expect(counted).toEqual({
      'presence-room': { user_count: 2, subscription_count: 3 },
      'presence-other': { user_count: 1, subscription_count: 1 },
    })
    expect(await client.listChannels({ prefix: 'unknown' })).toEqual({})

    expect(await client.getChannel('private-a=@,.;')).toEqual({ occupied: true })
    expect(await client.getChannel('nowhere', { info: [] })).toEqual({ occupied: false })
    const room = await client.getChannel('presence-room', { info: ['user_count', 'user_count'] })
    expectTypeOf(room.user_count).toEqualTypeOf<number>()
    expectTypeOf(room).not.toHaveProperty('subscription_count')
    expect(room).toEqual({ occupied: true, user_count: 2 })

    expect(await client.listMembers('presence-room')).toEqual(['ada', '7'])
    expect(await client.listMembers('presence-empty')).toEqual([])
  })

  test('returns the same as the pusher package', async () => {
    await join(browse('ada'), 'compared', 'presence-compared')
    const theirs = new Backend({
      appId: id,
      key,
      secret,
      host: service.host,
      port: String(service.port),
      useTLS: false,
    })
    const get = async (path: string, params: Record<string, string> = {}) =>
      (await theirs.get({ path, params })).json() as Promise<unknown>
    expect({ channels: await client.listChannels({ prefix: 'comp' }) }).toEqual(
      await get('/channels', { filter_by_prefix: 'comp' }),
    )
    const info = 'user_count,subscription_count'
    expect({
      channels: await client.listChannels({ prefix: 'presence-c', info: ['user_count', 'subscription_count'] }),
    }).toEqual(await get('/channels', { filter_by_prefix: 'presence-c', info }))
    expect(await client.getChannel('presence-compared', { info: ['user_count', 'subscription_count'] })).toEqual(
      await get('/channels/presence-compared', { info }),
    )
  })

  const strangeId = 'o/b %2e?&=:☃ "#'
  test('delivers user events to every connection of that user, except the excluded one', async () => {
    const [phone, laptop, other] = [await signIn(strangeId), await signIn(strangeId), await signIn('bob')]
    const heard: unknown[] = []
    for (const [name, browser] of Object.entries({ phone, laptop, other }))
      browser.user.bind('news', (data: unknown) => heard.push([name, data]))
    const done = Promise.all([phone, laptop].map((browser) => new Promise((said) => browser.user.bind('done', said))))
    await client.sendToUser(strangeId, 'news', { n: 1 })
    await client.sendToUser(strangeId, 'news', { n: 2 }, { socketId: phone.connection.socket_id })
    await client.sendToUser('offline', 'news', {})
    await client.sendToUser(strangeId, 'done', null)
    await done
    expect(heard.toSorted()).toEqual([
      ['laptop', { n: 1 }],
      ['laptop', { n: 2 }],
      ['phone', { n: 1 }],
    ])
  })

  test('closes the connections of one user and of no other', async () => {
    const [gone, stays] = [await signIn(strangeId), await signIn('bob')]
    const ended = new Promise((resolve) => gone.connection.bind('disconnected', resolve))
    await client.terminateUserConnections(strangeId)
    await ended
    expect(stays.connection.state).toBe('connected')
    await client.terminateUserConnections(strangeId)
  })

  test.each([
    ['a wrong secret', 'another', id, 'invalid_signature'],
    ['an unknown app', secret, 'unknown', 'app_not_found'],
  ])('%s', async (_name, appSecret, appId, code) => {
    const wrong = new PingerchipsServer(appId, appSecret, { appKey: key, endpoint: service.url, protocol: 'pusher' })
    for (const ask of [wrong.listChannels(), wrong.terminateUserConnections('a')])
      await expect(ask).rejects.toMatchObject({ name: 'PingerchipsError', code, channels: [], event: undefined })
    await wrong.close()
  })
})

const nowhere = { endpoint: 'http://127.0.0.1:9', protocol: 'pusher', appKey: 'k' } as const

describe('refuses before anything is sent', () => {
  const client = new PingerchipsServer('1', 's', nowhere)
  const callOf = (method: keyof PingerchipsServer) => client[method].bind(client) as (...values: unknown[]) => unknown
  const badIds = ['', '.', '..', 'a\nb', '\u0000', '\u0085', '\ud800', 'x'.repeat(185), 7, null, undefined, ['a']]
  const badNames = ['', 'a/b', 'a:b', 'a\n', '#server-to-user-1', 'x'.repeat(201), '.', '..', undefined, ['a']]
  test.each([
    ['query', 'listChannels', [null]],
    ['query', 'listChannels', [{ filter: 'a' }]],
    ['query.prefix', 'listChannels', [{ prefix: '' }]],
    ['query.prefix', 'listChannels', [{ prefix: 'a&info=x' }]],
    ['query.prefix', 'listChannels', [{ prefix: ['a'] }]],
    ['query.info', 'listChannels', [{ info: 'user_count' }]],
    ['query.info', 'listChannels', [{ info: ['toString'] }]],
    ['query.info', 'listChannels', [{ info: [['user_count']] }]],
    ['query.info', 'listChannels', [{ info: ['user_count'] }]],
    ['query.info', 'listChannels', [{ info: ['user_count'], prefix: 'presence' }]],
    ['options', 'listChannels', [{}, { socketId: '1.1' }]],
    ['options', 'listChannels', [{}, { delivery: 'at-least-once' }]],
    ['options.timeout', 'listChannels', [{}, { timeout: 0 }]],
    ['query', 'getChannel', ['a', { prefix: 'a' }]],
    ['query.info', 'getChannel', ['private-a', { info: ['user_count'] }]],
    ['options.signal', 'getChannel', ['a', {}, { signal: 1 }]],
    ['name', 'listMembers', ['private-a']],
    ['name', 'listMembers', ['presence-']],
    ['options', 'terminateUserConnections', ['a', null]],
    ['event', 'sendToUser', ['a', '', 1]],
    ['data', 'sendToUser', ['a', 'e', undefined]],
    ['data', 'sendToUser', ['a', 'e', 'x'.repeat(65_535)]],
    ['options.socketId', 'sendToUser', ['a', 'e', 1, { socketId: ':' }]],
    ['channel', 'trigger', ['#server-to-user-1', 'e', 1]],
    ['channel\\[0\\]', 'trigger', [['#server-to-user-1'], 'e', 1]],
    ...badIds.flatMap((bad): [string, keyof PingerchipsServer, unknown[]][] => [
      ['userId', 'sendToUser', [bad, 'e', 1]],
      ['userId', 'terminateUserConnections', [bad]],
    ]),
    ...badNames.flatMap((bad): [string, keyof PingerchipsServer, unknown[]][] => [
      ['name', 'getChannel', [bad]],
      ['name', 'listMembers', [bad]],
    ]),
  ] as [string, keyof PingerchipsServer, unknown[]][])('%s of %s(%j)', async (argument, method, values) => {
    // A rejection, never thrown: a caller that awaits it has one place to catch it.
    const error = await Promise.resolve(callOf(method)(...values)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({
      message: expect.stringMatching(new RegExp(`^(${argument} (must|has|can|knows)|Unknown option) .`)),
    })
  })

  test.each<[string, PingerchipsServerOptions]>([
    ['signed', { appKey: 'k' }],
    ['token', { token: token ?? '' }],
  ])('over the %s protocol', async (name, options) => {
    const other = new PingerchipsServer('1', 's', { ...options, endpoint: nowhere.endpoint })
    for (const [method, call] of [
      ['listChannels()', other.listChannels()],
      ['getChannel()', other.getChannel('a')],
      ['listMembers()', other.listMembers('presence-a')],
      ['sendToUser()', other.sendToUser('a', 'e', 1)],
      ['terminateUserConnections()', other.terminateUserConnections('a')],
    ] as const) {
      const error = await call.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect(error).toMatchObject({
        message: `options.protocol is '${name}', which has no ${method}. Set protocol: 'pusher'.`,
      })
    }
  })
})

describe('against a service that misbehaves', () => {
  let server: Server
  let urls: string[]
  let respond: (req: IncomingMessage, res: ServerResponse) => void
  let client: PingerchipsServer
  const answering = (status: number, body: string) => (_req: IncomingMessage, res: ServerResponse) =>
    res.writeHead(status).end(body)

  beforeEach(async () => {
    urls = []
    server = createServer((req, res) => {
      urls.push(`${req.method} ${req.url}`)
      respond(req, res)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    client = new PingerchipsServer('1', 'canary-secret', { ...nowhere, endpoint: `http://127.0.0.1:${port}` })
  })
  afterEach(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })

  const counting = { prefix: 'presence-', info: ['user_count'] } as const
  test.each<[string, () => Promise<unknown>, string]>([
    ['no JSON', () => client.listChannels(), '<html>canary</html>'],
    ['nothing', () => client.listChannels(), ''],
    ['null', () => client.listChannels(), 'null'],
    ['another shape', () => client.listChannels(), '{"channels":["a"]}'],
    ['a channel that is none', () => client.listChannels(), '{"channels":{"a":null}}'],
    ['no count', () => client.listChannels(counting), '{"channels":{"presence-a":{}}}'],
    ['half a user', () => client.listChannels(counting), '{"channels":{"presence-a":{"user_count":0.5}}}'],
    ['a count as text', () => client.listChannels(counting), '{"channels":{"presence-a":{"user_count":"1"}}}'],
    ['fewer than none', () => client.listChannels(counting), '{"channels":{"presence-a":{"user_count":-1}}}'],
    [
      'an inherited count',
      () => client.listChannels(counting),
      '{"channels":{"presence-a":{"__proto__":{"user_count":1}}}}',
    ],
    ['no word of whether', () => client.getChannel('a'), '{}'],
    ['an array', () => client.getChannel('a'), '[]'],
    ['no users', () => client.listMembers('presence-a'), '{}'],
    ['a user without id', () => client.listMembers('presence-a'), '{"users":[{"id":"1"},{}]}'],
    ['a user whose id is an object', () => client.listMembers('presence-a'), '{"users":[{"id":{}}]}'],
  ])('rejects for a response with %s', async (_name, ask, body) => {
    respond = answering(200, body)
    const error = await ask().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PingerchipsError)
    expect(error).toMatchObject({ code: 'unexpected_response', serviceStatus: 200, attempts: 1, retryable: false })
    expect(String(error)).not.toContain('canary')
  })

  test('ignores properties of a response that were not requested', async () => {
    respond = answering(200, '{"channels":{"__proto__":{"occupied":true,"user_count":1,"secret":"x"}},"x":1}')
    const channels = await client.listChannels({ prefix: 'presence-', info: ['user_count'] })
    expect(Object.entries(channels)).toEqual([['__proto__', { user_count: 1 }]])
  })

  test('reads a long list, and rejects for an endless one', async () => {
    const names = Array.from({ length: 3000 }, (_, n) => `presence-${'x'.repeat(40)}${n}`)
    respond = answering(200, JSON.stringify({ channels: Object.fromEntries(names.map((name) => [name, {}])) }))
    expect(Object.keys(await client.listChannels())).toHaveLength(3000)
    respond = (_req, res) => {
      const feed = () => {
        while (!res.destroyed && res.write('x'.repeat(65_536)));
      }
      res.on('drain', feed)
      feed()
    }
    const message = expect.stringContaining('is longer than 16384 KiB')
    await expect(client.listChannels()).rejects.toMatchObject({ code: 'unexpected_response', message })
  })

  test('retries queries whose connection broke, with a new signature, but no event', async () => {
    const asks = [
      () => client.listChannels({ prefix: 'presence-' }),
      () => client.listMembers('presence-a'),
      () => client.terminateUserConnections('a/b'),
    ]
    for (const ask of asks) {
      let isFirst = true
      respond = (req, res) => {
        if (isFirst) req.socket.destroy()
        else res.end('{"channels":{},"users":[]}')
        isFirst = false
      }
      await ask()
    }
    const paths = urls.map((url) => url.split('?')[0])
    expect(paths).toEqual([
      'GET /apps/1/channels',
      'GET /apps/1/channels',
      'GET /apps/1/channels/presence-a/users',
      'GET /apps/1/channels/presence-a/users',
      'POST /apps/1/users/a%2Fb/terminate_connections',
      'POST /apps/1/users/a%2Fb/terminate_connections',
    ])
    // An event is not retried: it may have been delivered.
    respond = (req) => req.socket.destroy()
    await expect(client.sendToUser('a', 'e', 1)).rejects.toMatchObject({
      code: 'network',
      outcome: 'unknown',
      attempts: 1,
      channels: ['#server-to-user-a'],
      event: 'e',
    })
  })

  test('time limits and signals of queries are honoured', async () => {
    respond = () => {}
    await expect(client.listMembers('presence-a', { timeout: 30, deadline: 40 })).rejects.toMatchObject({
      code: 'timeout',
    })
    const abort = new AbortController()
    respond = () => abort.abort()
    await expect(client.getChannel('a', {}, { signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' })
  })

  test('queries after close() reject with closed', async () => {
    await client.close()
    const closed = { code: 'closed', message: 'listChannels() failed: the client is closed.' }
    await expect(client.listChannels()).rejects.toMatchObject(closed)
  })
})
