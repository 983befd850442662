import { createServer, type RequestListener } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import * as walkerOs from '@walkeros/server-core'
import Backend from 'pusher'
import pusherJs from 'pusher-js'
import { expect, vi } from 'vitest'
import { type Attack, passwordHash } from './attacks.ts'
import {
  clientAndAuthorize,
  cookieOfUser,
  type FetchLike,
  fetchListener,
  masterKey,
  type Scenario,
  serving,
  sessionSecret,
  sessionUser,
  userType,
  webhookOf,
} from './scenarios.ts'
import { logIn } from './who-may-join.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const Pusher = pusherJs as unknown as typeof pusherJs.default

const credentials = `import { defaultApp } from '@pingerchips/local'
const endpoint = process.env.PINGERCHIPS_ENDPOINT ?? ''
const { hostname: HOST, port: PORT } = new URL(endpoint)
const { id: APP_ID, key: APP_KEY, secret: APP_SECRET, token } = defaultApp
const MASTER_KEY = '${masterKey}'`
const app = `${credentials}
import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express from 'express'
import session from 'express-session'
import Pusher from 'pusher'
declare module 'express-session' { interface SessionData { user: ${userType} } }
const client = PingerchipsServer.fromEnv()
const pusher = new Pusher({ appId: APP_ID, key: APP_KEY, secret: APP_SECRET, host: HOST, port: PORT })
const app = express()
app.use(session({ secret: '${sessionSecret}', cookie: { sameSite: 'lax', secure: 'auto' }, resave: false, saveUninitialized: false }))
app.get('/log-in', (req, res) => { req.session.user = { id: '1', name: 'Ada', passwordHash: '${passwordHash}' }; res.end() })`
const attackOn = (grants: readonly string[]): Attack => ({ listener: ({ app }) => app as RequestListener, grants })
/** Wraps a snippet that calls a client in a function of that client. */
const withPusher = (parameters = '') =>
  `import Pusher from 'pusher'\nexport async function use(pusher: Pusher${parameters}) {`
const withClient = (parameters = '') =>
  `import { PingerchipsError, PingerchipsServer } from '@pingerchips/core'\nexport async function use(client: PingerchipsServer${parameters}) {`

async function respondsToAnotherOrigin({ handler }: Record<string, unknown>): Promise<void> {
  const send = (method: string, origin: string) =>
    (handler as FetchLike)(
      new Request('http://127.0.0.1/pingerchips/auth', {
        method,
        headers: { origin, ...cookieOfUser },
        ...(method === 'POST' && { body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-1' }) }),
      }),
    )
  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin')
  for (const [method, status] of [
    ['OPTIONS', 204],
    ['POST', 200],
  ] as const) {
    const response = await send(method, 'https://shop.example')
    expect([response.status, allowed(response)]).toEqual([status, 'https://shop.example'])
    expect(allowed(await send(method, 'https://shop.example.evil.io'))).toBeNull()
    expect(allowed(await send(method, 'null'))).toBeNull()
  }
}

/** What the route of the documented SDK needs: it is JavaScript and reads a token. */
const sdkRoute = `import express from 'express'
import { PingerchipsServer } from '@pingerchips/core'
const client = PingerchipsServer.fromEnv()
const pingerchips = client
const app = express()
const users = { ada: { id: '1', name: 'Ada' } }
const userOf = (token) => users[token]`

/** The snippets of docs/migrating.md, in its order. A snippet `…-before` and its `…-after` pass the same test. */
export const migrating: Readonly<Record<string, Scenario>> = {
  sdk: {
    before: credentials,
    after: 'export { auth }',
    async run({ auth }) {
      expect(auth).toMatchObject({ channel_data: '{"user_id":"1","user_info":{"name":"Ada"}}' })
    },
  },
  'sdk-key-before': {
    before: `${credentials}\nexport function make() {`,
    after: 'return pingerchips\n}',
    async run({ make }) {
      expect(make).toThrow("Unknown option 'requestTimeout'. Did you mean 'timeout'?")
    },
  },
  'sdk-key-after': {
    before: credentials,
    after: 'export { pingerchips }',
    run: async ({ pingerchips }) => (pingerchips as PingerchipsServer).trigger('my-channel', 'my-event', {}),
  },
  'sdk-route-before': {
    before: sdkRoute,
    after: 'export { app }',
    run: triesSdkRoute({ form: 500 }),
  },
  'sdk-route-after': {
    before: `import { PingerchipsServer } from '@pingerchips/core'
import express from 'express'
const client = PingerchipsServer.fromEnv()
const app = express()
const userOf = (token: string | undefined) => (token === 'ada' ? { id: '1', name: 'Ada' } : undefined)`,
    after: 'export { app }',
    run: triesSdkRoute({ form: 200 }),
    attack: {
      ...attackOn(['private-user-1', 'presence-lobby']),
      credentials: async () => ({}),
      fields: { token: 'ada' },
    },
  },
  walker: {
    before: `const url = 'http://127.0.0.1:9/collect'`,
    after: 'export { error, hash, ok }',
    async run({ ok, error, hash }) {
      const theirs = await walkerOs.sendServer('http://127.0.0.1:9/collect', { event: 'page view' }, { timeout: 2000 })
      expect([ok, hash]).toEqual([theirs.ok, await walkerOs.getHashServer('some text', 16)])
      expect([theirs.error, error]).toEqual([
        expect.stringContaining('ECONNREFUSED'),
        expect.stringContaining('ECONNREFUSED'),
      ])
    },
  },
  'pusher-client-before': {
    before: credentials,
    after: 'export { pusher }',
    async run({ pusher }) {
      const { status } = await (pusher as Backend).trigger('private-encrypted-a', 'e', {})
      expect(status).toBe(200)
    },
  },
  'pusher-client-after': {
    before: credentials,
    after: 'export { client }',
    run: async ({ client }) => (client as PingerchipsServer).trigger('private-encrypted-a', 'e', {}),
  },
  'pusher-send-before': {
    before: withPusher(', socketId: string'),
    after: '}',
    run: ({ use }) => delivers((socketId) => (use as Use)(backend(), socketId)),
  },
  'pusher-send-after': {
    before: withClient(', socketId: string'),
    after: '}',
    run: ({ use }) => delivers((socketId) => (use as Use)(ours(), socketId)),
  },
  'pusher-errors-before': {
    before: withPusher(),
    after: '}',
    run: ({ use }) => warnsOfLimit((url) => (use as Use)(backend(url))),
  },
  'pusher-errors-after': {
    before: withClient(),
    after: '}',
    run: ({ use }) => warnsOfLimit((url) => (use as Use)(ours(url))),
  },
  'pusher-auth-before': { before: app, after: 'export { app }', run: letsIn },
  'pusher-auth-after': {
    before: app,
    after: 'export { app }',
    run: letsIn,
    attack: { ...attackOn(['private-user-1']), path: '/pusher/auth' },
  },
  'pusher-webhooks-before': { before: app, after: 'export { app }', run: receivesWebhooks },
  'pusher-webhooks-after': {
    before: app,
    after: 'export { app }',
    run: receivesWebhooks,
    attack: { ...attackOn([]), path: '/pusher/auth' },
  },
  'pusher-asking-before': {
    before: withPusher(),
    after: 'return { channels, ids, occupied }\n}',
    run: ({ use }) => returnsMembers(() => (use as Use)(backend())),
  },
  'pusher-asking-after': {
    before: withClient(),
    after: 'return { channels, ids, occupied }\n}',
    run: ({ use }) => returnsMembers(() => (use as Use)(ours())),
  },
  'bare-cors': {
    before: `${clientAndAuthorize}\n${sessionUser}`,
    run: respondsToAnotherOrigin,
    attack: {
      listener: ({ handler }) => fetchListener(handler as FetchLike),
      grants: ['private-user-1', 'presence-lobby'],
      credentials: async () => cookieOfUser,
    },
  },
  disabled: {
    before: 'const console = { log(..._: unknown[]) {} }',
    after: 'export { sent }',
    async run({ sent }) {
      expect(sent).toMatchObject([{ channels: ['private-user-1'], event: 'order-shipped' }])
    },
  },
  'hand-before': {
    before: app,
    after: 'export { app }',
    run: respondsTo({ neighbour: 200, unnamed: 200, presence: 200, signIn: 200, form: 500, nameless: 500 }),
  },
  'hand-after': {
    before: app,
    after: 'export { app }',
    attack: attackOn(['private-user-1', 'presence-lobby']),
    run: respondsTo({ neighbour: 403, unnamed: 403, presence: 403, signIn: 400, form: 200, nameless: 400 }),
  },
}

type Use = (client: Backend | PingerchipsServer, socketId?: string) => Promise<unknown>

const serviceUrl = () => process.env.PINGERCHIPS_ENDPOINT ?? ''

function backend(url = serviceUrl()): Backend {
  const { id: appId, key, secret } = defaultApp
  const { hostname: host, port } = new URL(url)
  return new Backend({ appId, key, secret, host, port })
}

function ours(endpoint = serviceUrl()): PingerchipsServer {
  const { id, key: appKey, secret } = defaultApp
  return new PingerchipsServer(id, secret, { appKey, endpoint, protocol: 'pusher', retries: 0 })
}

/** A browser of user 1, connected to the service of these tests. */
async function withBrowser(use: (browser: InstanceType<typeof Pusher>) => Promise<void>): Promise<void> {
  const client = ours()
  const { hostname: wsHost, port } = new URL(serviceUrl())
  const browser = new Pusher(defaultApp.key, {
    wsHost,
    wsPort: Number(port),
    forceTLS: false,
    enabledTransports: ['ws'],
    cluster: '',
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, client.authenticate(socketId, channelName, { user_id: '1' })),
    },
    userAuthentication: {
      customHandler: ({ socketId }, callback) => callback(null, client.authenticateUser(socketId, { id: '1' })),
    },
  })
  try {
    await use(browser)
  } finally {
    browser.disconnect()
    await client.close()
  }
}

/** A browser receives the snippet's events, without the one that leaves it out. Then its connections are ended. */
async function delivers(send: (socketId: string) => Promise<unknown>): Promise<void> {
  await withBrowser(async (browser) => {
    const received: unknown[] = []
    const news = browser.subscribe('news')
    news.bind('sale', (data: unknown) => received.push(data))
    browser.user.bind('order-update', (data: unknown) => received.push(data))
    browser.signin()
    await Promise.all([happened(news, 'pusher:subscription_succeeded'), happened(browser, 'pusher:signin_success')])
    const ended = happened(browser.connection, 'disconnected')
    await send(browser.connection.socket_id)
    await ended
    expect(received).toEqual([{ percent: 20 }, { percent: 40 }, { percent: 50 }, { status: 'shipped' }])
  })
}

/** With a limit of one event, the first trigger succeeds and the second is rate-limited. */
async function warnsOfLimit(trigger: (url: string) => Promise<unknown>): Promise<void> {
  const now = Date.now()
  const service = await startLocal({ eventsPerSecond: 1, now: () => now })
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  await trigger(service.url)
  expect(warn).not.toHaveBeenCalled()
  await trigger(service.url)
  expect(warn.mock.calls).toEqual([['later']])
  warn.mockRestore()
  await service.close()
}

/** The routes are where pusher-js looks, and both libraries return the same bytes. */
async function letsIn({ app }: Record<string, unknown>): Promise<void> {
  await serving(createServer(app as RequestListener), async (url) => {
    const headers = { cookie: await logIn(url) }
    const post = async (path: string, fields: Record<string, string>, as: Record<string, string> = headers) => {
      const response = await fetch(url + path, { method: 'POST', headers: as, body: new URLSearchParams(fields) })
      return [response.status, await response.json()]
    }
    const socket_id = '1.1'
    const join = (channel_name: string, as = headers) => post('/pusher/auth', { socket_id, channel_name }, as)
    const client = ours()
    expect(await join('private-user-1')).toEqual([200, backend().authorizeChannel(socket_id, 'private-user-1')])
    expect(await join('private-user-1')).toEqual([200, client.authenticate(socket_id, 'private-user-1')])
    expect(await join('private-user-2')).toEqual([403, { error: 'Access denied' }])
    expect((await post('/pusher/auth', { socket_id, channel_name: 'private-user-1' }, {}))[0]).toBe(403)
    expect(await post('/pusher/user-auth', { socket_id })).toEqual([
      200,
      client.authenticateUser(socket_id, { id: '1' }),
    ])
    expect(client.authenticateUser(socket_id, { id: '1' })).toEqual(backend().authenticateUser(socket_id, { id: '1' }))
    expect((await post('/pusher/user-auth', { socket_id }, {}))[0]).toBe(403)
  })
}

async function receivesWebhooks({ app }: Record<string, unknown>): Promise<void> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await serving(createServer(app as RequestListener), async (url) => {
    const post = async (request: Request) => (await fetch(new Request(`${url}/pusher/webhooks`, request))).status
    const event = { name: 'channel_occupied', channel: 'lobby' }
    expect(await post(webhookOf(event))).toBe(200)
    expect(await post(webhookOf(event, 'unsigned'))).toBe(401)
  })
  expect(log.mock.calls).toEqual([['channel_occupied', 'lobby']])
  log.mockRestore()
}

async function returnsMembers(ask: () => Promise<unknown>): Promise<void> {
  await withBrowser(async (browser) => {
    await happened(browser.subscribe('presence-lobby'), 'pusher:subscription_succeeded')
    expect(await ask()).toEqual({ channels: { 'presence-lobby': { user_count: 1 } }, ids: ['1'], occupied: true })
  })
}

/** Both routes accept the JSON of the documented client library. Only ours accepts the form of pusher-js. */
function triesSdkRoute(expected: { readonly form: number }): NonNullable<Scenario['run']> {
  return ({ app }) =>
    serving(createServer(app as RequestListener), async (url) => {
      const post = async (body: URLSearchParams | string, type?: string) => {
        const headers = type === undefined ? {} : { 'content-type': type }
        return (await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })).status
      }
      const join = (channel_name: string, token: string) =>
        post(JSON.stringify({ socket_id: '1.1', channel_name, auth_info: { token } }), 'application/json')
      expect(await join('private-user-1', 'ada')).toBe(200)
      expect(await join('presence-lobby', 'ada')).toBe(200)
      expect(await join('private-user-2', 'ada')).toBe(403)
      expect(await join('private-user-1', 'eve')).toBe(403)
      const form = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-1', token: 'ada' })
      expect(await post(form)).toBe(expected.form)
    })
}

/** The rows of the table at the end of the page, and the cases where both agree. */
function respondsTo(
  expected: Readonly<Record<'neighbour' | 'unnamed' | 'presence' | 'signIn' | 'form' | 'nameless', number>>,
) {
  return ({ app }: Record<string, unknown>) =>
    serving(createServer(app as RequestListener), async (url) => {
      const cookie = await logIn(url)
      const post = (body: string | URLSearchParams, headers: Record<string, string>) =>
        fetch(`${url}/pingerchips/auth`, { method: 'POST', headers: { cookie, ...headers }, body })
      const json = (fields: object) => post(JSON.stringify(fields), { 'content-type': 'application/json' })
      const join = (channel_name: string) => json({ socket_id: '1.1', channel_name })
      expect((await join('private-user-1')).status).toBe(200)
      expect((await join('presence-lobby')).status).toBe(200)
      expect((await join('private-user-2')).status).toBe(403)

      const forged = await join(':user::{"id":"2"}')
      const form = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-1' })
      expect({
        neighbour: (await join('private-user-12')).status,
        unnamed: (await join('private-admin')).status,
        presence: (await join('presence-admin')).status,
        signIn: forged.status,
        form: (await post(form, {})).status,
        nameless: (await json({ socket_id: '1.1' })).status,
      }).toEqual(expected)
      // The signature that signs user 2 in.
      if (forged.status === 200)
        expect(await forged.json()).toEqual({ auth: ours().authenticateUser('1.1', { id: '2' }).auth })
    })
}

interface Emitter {
  bind(event: string, callback: () => void): unknown
}

function happened(emitter: Emitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.bind(event, resolve))
}
