import { createHmac } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { defaultApp } from '@pingerchips/local'
import { H3, type Middleware, toNodeHandler, useSession } from 'h3'
import { Hono } from 'hono'
import { setSignedCookie } from 'hono/cookie'
import Koa from 'koa'
import session from 'koa-session'
import { expect, vi } from 'vitest'
import { type Attack, type HeaderValues, passwordHash } from './attacks.ts'

/** What makes a snippet a whole module, and what it must then do. */
type LambdaHandler = (
  event: object,
) => Promise<{ readonly statusCode: number; readonly headers: Record<string, string>; readonly body: string }>

export interface Scenario {
  /** The code before the snippet: what the reader's app has already. */
  readonly before?: string
  /** The line of the snippet to remove, which listens, and the code after the snippet. */
  readonly listen?: RegExp
  readonly after?: string
  /** The snippet is a file of tests: the one of the same README that is the app which it imports, `./app.js`. */
  readonly tests?: string
  run?(module: Record<string, unknown>): Promise<void>
  /** How the app is attacked. Required for a snippet that mounts the endpoint. */
  readonly attack?: Attack
}

export const masterKey = 'zyrm8pvV2C9fJcBfhyXzvxbJVN/H7QLmbe0xJi1GhPU='
/** The session secret of these tests, which no document has. */
export const sessionSecret = 'of these tests, of more than 32 characters'

/** The user in the sessions of the snippets' apps, with a field that no other user may see. */
export const user = `{ id: '1', name: 'Ada', passwordHash: '${passwordHash}' }`
const authorize = `const authorize = ({ channel, user }: { channel: string; user: { id: string; name: string } }) =>
  channel === 'presence-lobby' ? { user_id: user.id, user_info: { name: user.name } } : channel === \`private-user-\${user.id}\``
export const clientAndAuthorize = `import { PingerchipsServer } from '@pingerchips/core'
const client = PingerchipsServer.fromEnv()
${authorize}
const users = new Map([['1', ${user}]])`
/** The user as the snippets have it. */
export const userType = '{ id: string; name: string; passwordHash: string; admin?: boolean; banned?: boolean }'
const expressSession = `declare module 'express-session' { interface SessionData { user: ${userType} } }`
const fastifySession = `declare module 'fastify' { interface Session { user?: ${userType} } }`
const cookieOptions = `{ httpOnly: true, sameSite: 'lax', secure: process.env.NODE_ENV === 'production' } as const`

export type FetchLike = (request: Request) => Response | Promise<Response>
// By default it replaces the global Response, which h3 apps in the same process then do not recognize.
export const fetchListener = (fetch: FetchLike) => getRequestListener(fetch, { overrideGlobalObjects: false })

const grants = ['private-user-1', 'presence-lobby']
type Module = Record<string, unknown>
const listenerOf = ({ app }: Module) => app as RequestListener
const expressAttack: Attack = { listener: listenerOf, grants }
const fastifyAttack: Attack = {
  async listener({ app }) {
    const { ready, routing } = app as { ready(): Promise<void>; routing: RequestListener }
    await ready.call(app)
    return routing
  },
  grants,
}
const honoAttack: Attack = {
  listener: ({ app, default: exported = app }) => fetchListener((exported as { fetch: FetchLike }).fetch),
  grants,
  async forge(secret) {
    const attacker = new Hono().get('/', async (c) => {
      await setSignedCookie(c, 'user', '1', secret)
      return c.text('')
    })
    return cookiesSetBy(await attacker.request('/'))
  },
}
const koaAttack: Attack = {
  listener: ({ app }) => (app as { callback(): RequestListener }).callback(),
  grants,
  async forge(secret) {
    const attacker = new Koa()
    attacker.keys = [secret]
    attacker.use(session(attacker))
    attacker.use(async (ctx) => {
      ctx.session = { user: '1' }
      ctx.status = 200
    })
    let cookies: HeaderValues = {}
    await serving(createServer(attacker.callback()), async (url) => {
      cookies = cookiesSetBy(await fetch(url))
    })
    return cookies
  },
}
const h3Attack: Attack = {
  listener: ({ app }) => toNodeHandler(app as H3),
  grants,
  async forge(password) {
    const attacker = new H3().get('/', async (event) => {
      await (await useSession(event, { password })).update({ user: '1' })
      return ''
    })
    return cookiesSetBy(await attacker.request('/'))
  },
}
/** A handler whose users come from the reader's own `sessionUser`. */
export const cookieOfUser = { cookie: 'user=1' }
export const sessionUser = `const sessionUser = async (request: Request) =>
  request.headers.get('cookie') === 'user=1' ? ${user} : null`
const sessionUserOfNode = `import type { IncomingMessage } from 'node:http'
const sessionUser = async (req: IncomingMessage) => (req.headers.cookie === 'user=1' ? ${user} : null)`
/** Tokens of the trusted issuer that name no user of this app. */
async function hostileTokens({ sign }: Module): Promise<Readonly<Record<string, HeaderValues>>> {
  const bearer = async (claims: object) => ({
    authorization: `Bearer ${await (sign as (claims: object) => Promise<string>)(claims)}`,
  })
  return { 'a token without sub': await bearer({}), 'a token with an empty sub': await bearer({ sub: '' }) }
}
const fetchAttack: Attack = {
  listener: ({ POST }) => fetchListener(POST as FetchLike),
  grants: ['private-user-1'],
  credentials: async () => cookieOfUser,
}
const nodeAttack: Attack = {
  listener:
    ({ server }) =>
    (req, res) =>
      (server as ReturnType<typeof createServer>).emit('request', req, res),
  grants: ['private-user-1'],
  credentials: async () => cookieOfUser,
}

const pusherJs = `import Pusher from 'pusher-js'`

export const scenarios: Readonly<Record<string, Scenario>> = {
  express: {
    before: expressSession,
    listen: /^app\.listen\(3000\)$/m,
    after: `app.get('/log-in', (req, res) => { req.session.user = ${user}; res.end() })\nexport { app }`,
    run: ({ app }) => tryApp(app as RequestListener, '/orders/7/ship'),
    attack: expressAttack,
  },
  fastify: {
    before: `import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
${clientAndAuthorize}
${fastifySession}
const app = Fastify()
app.register(cookie)
app.register(session, { secret: '${sessionSecret}', cookie: ${cookieOptions} })`,
    after: `app.get('/log-in', async (request) => { request.session.user = ${user} })\nexport { app }`,
    run: ({ app }) => tryFastify(app, '/ship'),
    attack: fastifyAttack,
  },
  'fastify-whole': {
    before: fastifySession,
    listen: /^await app\.listen\(.*\)$/m,
    after: `app.get('/log-in', async (request) => { request.session.user = ${user} })\nexport { app }`,
    run: ({ app }) => tryFastify(app, '/orders/7/ship'),
    attack: fastifyAttack,
  },
  hono: {
    before: `import { type Context, Hono } from 'hono'\nimport { getSignedCookie, setSignedCookie } from 'hono/cookie'\n${clientAndAuthorize}\nconst secret = '${sessionSecret}'
const sessionUser = async (c: Context) => users.get((await getSignedCookie(c, secret, 'user')) || '')`,
    after: `app.get('/log-in', async (c) => { await setSignedCookie(c, 'user', '1', secret, ${cookieOptions}); return c.text('') })\nexport { app }`,
    run: ({ app }) => tryApp(fetchListener((app as { fetch: FetchLike }).fetch), '/ship'),
    attack: honoAttack,
  },
  'hono-whole': {
    after: `import { setSignedCookie } from 'hono/cookie'
app.get('/log-in', async (c) => { await setSignedCookie(c, 'user', '1', process.env.SESSION_SECRET ?? '', ${cookieOptions}); return c.text('') })`,
    run: ({ default: app }) => tryApp(fetchListener((app as { fetch: FetchLike }).fetch), '/orders/7/ship'),
    attack: honoAttack,
  },
  koa: {
    before: `import Koa, { type Context, type DefaultState } from 'koa'
import session from 'koa-session'
${clientAndAuthorize}
const app = new Koa<DefaultState, Context & PingerchipsContext>()
app.keys = ['${sessionSecret}']
app.use(session(${cookieOptions}, app))
app.use(async (ctx, next) => {
  if (ctx.path !== '/log-in') return next()
  ctx.session = { user: '1' }
  ctx.status = 200
})`,
    after: `export { app }`,
    run: ({ app }) => tryApp((app as { callback(): RequestListener }).callback(), '/ship'),
    attack: koaAttack,
  },
  'koa-whole': {
    listen: /^app\.listen\(3000\)$/m,
    after: `app.use(async (ctx) => {
  ctx.session.user = '1'
  ctx.status = 200
})
export { app }`,
    run: ({ app }) => tryApp((app as { callback(): RequestListener }).callback(), '/orders/7/ship'),
    attack: koaAttack,
  },
  h3: {
    before: `import { H3, type H3Event, useSession } from 'h3'\n${clientAndAuthorize}\nconst app = new H3()
const password = '${sessionSecret}'
const sessionUser = async (event: H3Event) => users.get((await useSession(event, { password })).data.user as string)`,
    after: `app.get('/log-in', async (event) => {
  await (await useSession(event, { password, cookie: ${cookieOptions} })).update({ user: '1' })
  return ''
})
export { app }`,
    run: ({ app }) => tryH3(app, '/ship'),
    attack: h3Attack,
  },
  'h3-whole': {
    listen: /^serve\(app, .*\)$/m,
    after: `app.get('/log-in', async (event) => {
  await (await sessionOf(event)).update({ user: '1' })
  return ''
})`,
    run: ({ app }) => tryH3(app, '/orders/7/ship'),
    attack: h3Attack,
  },
  'h3-nitro': {
    async run({ default: middleware }) {
      await tryH3(nitroApp(middleware), '/ship')
    },
    attack: { ...h3Attack, listener: ({ default: middleware }) => toNodeHandler(nitroApp(middleware)) },
  },
  handler: {
    before: `${clientAndAuthorize}\n${sessionUser}`,
    attack: { ...fetchAttack, grants },
  },
  'testing-vitest': {
    before: `import type { RequestListener } from 'node:http'\ndeclare function createApp(client: PingerchipsServer): RequestListener`,
  },
  'testing-jest': {},
  'testing-node': {},
  'h3-testing': { tests: 'h3-whole' },
  'express-testing': { tests: 'express' },
  'fastify-testing': { tests: 'fastify-whole' },
  'hono-testing': { tests: 'hono-whole' },
  'koa-testing': { tests: 'koa-whole' },
  core: {
    after: `export { auth, client }`,
    async run({ auth }) {
      expect(auth).toEqual({
        auth: expect.stringMatching(/^local-key:[0-9a-f]{64}$/),
        channel_data: expect.any(String),
      })
    },
  },
  fetch: {
    before: sessionUser,
    attack: fetchAttack,
    async run({ POST }) {
      const send = async (name: string) =>
        (await (POST as (request: Request) => Promise<Response>)(joining(name))).status
      expect([await send('private-user-1'), await send('private-user-2')]).toEqual([200, 403])
    },
  },
  node: {
    before: sessionUserOfNode,
    after: `export { server }`,
    attack: nodeAttack,
    async run({ server }) {
      await serving(server as ReturnType<typeof createServer>, async (url) => {
        const send = async (name: string) => (await fetch(new Request(`${url}/pingerchips/auth`, joining(name)))).status
        expect([await send('private-user-1'), await send('private-user-2')]).toEqual([200, 403])
      })
    },
  },
  // Its use is tested in serverless.test.ts; here no channel may be granted, to the user of the document's token either.
  lambda: {
    attack: {
      listener: ({ handler }) =>
        fetchListener(async (request) => {
          const { pathname, searchParams } = new URL(request.url)
          const { statusCode, headers, body } = await (handler as LambdaHandler)({
            rawPath: pathname,
            rawQueryString: searchParams.toString(),
            headers: Object.fromEntries(request.headers),
            requestContext: { domainName: 'app.example', http: { method: request.method } },
            body: await request.text(),
            isBase64Encoded: false,
          })
          return new Response(body, { status: statusCode, headers })
        }),
      grants: [],
      credentials: async () => ({ authorization: 'Bearer token-of-ada' }),
    },
  },
  'rate-limit': {
    before: sessionUserOfNode,
    after: `export { server }`,
    attack: nodeAttack,
    async run({ server }) {
      await serving(server as ReturnType<typeof createServer>, async (url) => {
        const send = async (request: Request) => (await fetch(new Request(`${url}/pingerchips/auth`, request))).status
        const statuses = []
        for (let i = 0; i < 61; i++) statuses.push(await send(joining('private-user-1')))
        expect(statuses).toEqual([...Array(60).fill(200), 429])
      })
    },
  },
  'limit-redis': {},
  webhooks: {
    after: 'export { online, server }',
    attack: { ...nodeAttack, grants: [] },
    async run({ online, server }) {
      await serving(server as ReturnType<typeof createServer>, async (url) => {
        const post = async (request: Request) =>
          (await fetch(new Request(`${url}/pingerchips/webhooks`, request))).status
        const joined = { name: 'member_added', channel: 'presence-lobby', user_id: '1' }
        expect(await post(webhookOf(joined, { name: 'weather' }))).toBe(200)
        expect(online).toEqual(new Set(['1']))
        expect(await post(webhookOf({ ...joined, name: 'member_removed' }))).toBe(200)
        expect(online).toEqual(new Set())
        expect(await post(webhookOf(joined, 'unsigned'))).toBe(401)
      })
    },
  },
  'webhooks-redis': {},
  webhook: {
    async run({ POST }) {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {})
      const send = POST as (request: Request) => Promise<Response>
      const sent = webhookOf({ name: 'cache_miss', channel: 'cache-a' })
      const again = sent.clone()
      expect((await send(sent)).status).toBe(200)
      expect(log.mock.calls).toEqual([['cache_miss']])
      const replayed = await send(again)
      expect([replayed.status, await replayed.text()]).toEqual([200, 'replayed'])
      log.mockRestore()
    },
  },
  triggers: {
    after: 'export { failed, results }',
    async run({ results, failed }) {
      expect(results).toEqual([
        { status: 'fulfilled', value: undefined },
        { status: 'fulfilled', value: undefined },
      ])
      expect(failed).toEqual([])
    },
  },
  events: {
    after: 'export { authorize }',
    async run({ authorize }) {
      const decide = authorize as (context: object) => unknown
      const context = { kind: 'private', user: { id: '1' } }
      expect(await decide({ ...context, channel: 'private-user-1' })).toBe(true)
      expect(await decide({ ...context, channel: 'private-user-2' })).toBeFalsy()
    },
  },
  asking: {
    after: 'export { anything, counts, occupied, rooms, subscription_count, userIds }',
    async run({ anything, counts, occupied, rooms, subscription_count, userIds }) {
      expect({ anything, counts, occupied, rooms, subscription_count, userIds }).toEqual({
        anything: { channels: {} },
        counts: { lobby: { subscription_count: 0 } },
        occupied: false,
        rooms: {},
        subscription_count: 0,
        userIds: [],
      })
    },
  },
  encrypted: {
    before: `process.env.PINGERCHIPS_ENCRYPTION_MASTER_KEY = '${masterKey}'\n${sessionUser}`,
    after: 'delete process.env.PINGERCHIPS_ENCRYPTION_MASTER_KEY',
    attack: { ...fetchAttack, grants: ['private-encrypted-diary-1'] },
    async run({ POST }) {
      const send = async (name: string) => {
        const response = await (POST as (request: Request) => Promise<Response>)(joining(name))
        return [response.status, Object.keys((await response.json()) as object)]
      }
      expect(await send('private-encrypted-diary-1')).toEqual([200, ['auth', 'shared_secret']])
      expect(await send('private-encrypted-diary-2')).toEqual([403, ['error']])
    },
  },
  'core-mtls': {},
  utilities: {
    after: `export { data, error, hash, ok }`,
    async run({ ok, error, hash }) {
      expect([ok, error, hash]).toEqual([
        false,
        expect.stringContaining('ECONNREFUSED'),
        expect.stringMatching(/^[0-9a-f]{16}$/),
      ])
    },
  },
  privacy: {
    after: 'export { anonymizeIp, visitor }',
    async run(module) {
      const { anonymizeIp, visitor } = module as unknown as Record<string, (...texts: string[]) => string>
      const salt = 'for tests, 16 bytes or more'
      expect(visitor?.('203.0.113.195', 'a browser', salt)).toMatch(/^[0-9a-f]{16}$/)
      expect(visitor?.('::ffff:203.0.113.1', 'a browser', salt)).toBe(visitor?.('203.0.113.195', 'a browser', salt))
      const said = ['203.0.113.195', '2001:db8:85a3:8d3:1319:8a2e:370:7348', '::ffff:203.0.113.195', 'localhost']
      expect(said.map((ip) => anonymizeIp?.(ip))).toEqual(['203.0.113.0', '2001:db8:85a3::', '203.0.113.0', ''])
    },
  },
  browser: {
    before: `${pusherJs}\nconst APP_KEY = 'local-key'\nconst wsHost = '127.0.0.1'\nconst alert = () => {}`,
    after: 'export { pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, ['private-user-1']),
  },
  // That build is for browsers only; the build for Node also decrypts.
  'browser-encrypted': {
    before: `${pusherJs}\nconst APP_KEY = 'local-key'\nconst wsHost = '127.0.0.1'\nconst alert = () => {}`,
    after: 'export { pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, ['private-encrypted-diary-1']),
  },
  'browser-local': {
    before: pusherJs,
    after: 'export { client as pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, []),
  },
  local: {},
  'local-decided': {
    before: `import { fetchHandler } from '@pingerchips/core/fetch'
import { fakeRequest } from '@pingerchips/local/testing'
const handler = fetchHandler({ user: () => null, authorize: () => false })
const joinWithoutSession = (channel: string) => {
  const { url, ...init } = fakeRequest.auth({ channel })
  return handler(new Request(new URL(url, 'http://127.0.0.1'), init))
}`,
    after: 'await service.close()\nexport { outcome, reason, explanation }',
    async run({ outcome, reason, explanation }) {
      expect({ outcome, reason, explanation }).toEqual({
        outcome: 'refused',
        reason: 'no_user',
        explanation: { text: expect.stringContaining('Sign in first') },
      })
    },
  },
  'local-faults': {
    after: 'export { service }',
    async run({ service }) {
      await (service as { close(): Promise<void> }).close()
    },
  },
  'local-webhooks': {
    after: 'export { service }',
    async run({ service }) {
      await (service as { close(): Promise<void> }).close()
    },
  },
  'local-log': {
    before: `import { PingerchipsServer } from '@pingerchips/core'
import { startLocal } from '@pingerchips/local'
const service = await startLocal()`,
    after: `export async function trigger() {
  const client = new PingerchipsServer('local', 'local-secret', { appKey: 'local-key', endpoint: service.url })
  await client.trigger('news', 'greeting', { n: 1 })
  end()
  await client.trigger('news', 'ignored', {})
  await client.close()
  await service.close()
}`,
    async run({ trigger }) {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {})
      try {
        await (trigger as () => Promise<void>)()
        expect(log.mock.calls).toEqual([[['news'], 'greeting', '{"n":1}']])
      } finally {
        log.mockRestore()
      }
    },
  },
  'local-testing': {
    before: `import { PingerchipsServer } from '@pingerchips/core'
import pusherJs from 'pusher-js'
const Pusher = pusherJs as unknown as typeof pusherJs.default
async function shipOrder(order: number) {
  const client = PingerchipsServer.fromEnv()
  await client.trigger('private-user-1', 'order-update', { order })
  await client.close()
}
let browser: InstanceType<typeof Pusher> | undefined
function joinInBrowser(channel: string) {
  const client = PingerchipsServer.fromEnv()
  browser = new Pusher('local-key', {
    wsHost: '127.0.0.1', wsPort: service.port, forceTLS: false, enabledTransports: ['ws'], cluster: 'local',
    channelAuthorization: {
      customHandler: ({ socketId }, callback) =>
        callback(null, client.authenticate(socketId, channel, { user_id: '1' })),
    },
  })
  browser.subscribe(channel)
}
const environment = { ...process.env }`,
    after: `browser?.disconnect()
await service.close()
Object.assign(process.env, environment)
export { data, member, socketId }`,
    async run({ data, member, socketId }) {
      expect({ data, member, socketId }).toEqual({
        data: { order: 7 },
        member: { user_id: '1', user_info: null },
        socketId: expect.stringMatching(/^\d+\.\d+$/),
      })
    },
  },
  'local-fake-request': {},
  jwt: {
    before: `import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
const { privateKey, publicKey } = await generateKeyPair('RS256')
const keyServer = createServer(async (_req, res) => res.end(JSON.stringify({ keys: [await exportJWK(publicKey)] })))
await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve))
keyServer.unref()
const ISSUER = \`http://127.0.0.1:\${(keyServer.address() as AddressInfo).port}\``,
    listen: /^app\.listen\(3000\)$/m,
    after: `const sign = (claims: object) => new SignJWT({ ...claims })
  .setProtectedHeader({ alg: 'RS256' })
  .setIssuer(ISSUER)
  .setAudience('chat')
  .setExpirationTime('1 minute')
  .sign(privateKey)
const token = await sign({ sub: '1' })
export { app, keyServer, sign, token }`,
    attack: {
      listener: listenerOf,
      grants: ['private-user-1'],
      credentials: async ({ token }) => ({ authorization: `Bearer ${token}` }),
      hostile: hostileTokens,
    },
    async run({ app, keyServer, token }) {
      try {
        await serving(createServer(app as RequestListener), async (url) => {
          const send = async (name: string, authorization: string) => {
            const request = joining(name)
            request.headers.set('authorization', authorization)
            return (await fetch(new Request(`${url}/pingerchips/auth`, request))).status
          }
          expect(await send('private-user-1', `Bearer ${token}`)).toBe(200)
          expect(await send('private-user-2', `Bearer ${token}`)).toBe(403)
          expect(await send('private-user-1', `Bearer ${token}x`)).toBe(401)
        })
      } finally {
        ;(keyServer as ReturnType<typeof createServer>).close().closeAllConnections()
      }
    },
  },
  'jwt-browser': {
    before: `${pusherJs}\nconst APP_KEY = 'local-key'\nconst wsHost = '127.0.0.1'\nconst token = () => 'e30.e30.AA'`,
    after: 'export { pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, []),
  },
  'jwt-claims': {
    before: `import { SignJWT } from 'jose'
process.env.JWT_SECRET = 'for tests, 32 characters at the very least'`,
    after: `export const mapped = await user(undefined, {
  socketId: '1.1',
  channel: undefined,
  kind: undefined,
  authInfo: {
    token: await new SignJWT({ sub: '1', name: 'Ada' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('my-login')
      .setAudience('chat')
      .setExpirationTime('1 minute')
      .sign(new TextEncoder().encode(process.env.JWT_SECRET)),
  },
  header: () => undefined,
})
delete process.env.JWT_SECRET`,
    async run({ mapped }) {
      expect(mapped).toEqual({ id: '1', name: 'Ada' })
    },
  },
  'jwt-entra': { before: `const customers = new Set<unknown>()\nconst CLIENT_ID = 'client'` },
  'jwt-auth-js': { before: `const AUTH_SECRET = 'for tests'` },
  'jwt-revocation': {
    before: `const options = { publicKey: '', algorithms: ['ES256'], issuer: 'login', audience: 'chat' } as const
declare const isRevoked: (jti: string) => Promise<boolean>`,
  },
  'jwt-cookie': {
    before: `import { PingerchipsServer } from '@pingerchips/core'
import { Hono } from 'hono'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
const client = PingerchipsServer.fromEnv()
const keys = await generateKeyPair('ES256')
const publicKey = await exportSPKI(keys.publicKey)
const [issuer, audience] = ['https://login.example', 'chat']
const app = new Hono()`,
    after: `const sign = (claims: object) => new SignJWT({ ...claims })
  .setProtectedHeader({ alg: 'ES256' })
  .setIssuer(issuer)
  .setAudience(audience)
  .setExpirationTime('1 minute')
  .sign(keys.privateKey)
const token = await sign({ sub: '1' })
export { app, sign, token }`,
    attack: {
      listener: honoAttack.listener,
      grants: ['private-user-1'],
      credentials: async ({ token }) => ({ cookie: `token=${token}` }),
      async hostile(module) {
        const tokens = await hostileTokens(module)
        const asCookie = ({ authorization = '' }: HeaderValues) => ({
          cookie: authorization.replace('Bearer ', 'token='),
        })
        return Object.fromEntries(Object.entries(tokens).map(([who, headers]) => [who, asCookie(headers)]))
      },
    },
  },
  conformance: {
    before: `import type { AppSetup, RunningApp } from '@pingerchips/conformance/app'
declare function startMyApp(setup: AppSetup): Promise<RunningApp>`,
  },
}

/** The middleware of a file of Nitro's, in an app with a log-in and a route. */
function nitroApp(middleware: unknown): H3 {
  const cookie = { httpOnly: true, sameSite: 'lax', secure: process.env.NODE_ENV === 'production' } as const
  const app = new H3().use(middleware as Middleware)
  app.get('/log-in', async (event) => {
    await (await useSession(event, { password: process.env.SESSION_SECRET ?? '', cookie })).update({ user: '1' })
    return ''
  })
  app.post('/ship', async ({ context }) => {
    await context.pingerchips.trigger('private-user-1', 'order-shipped', {})
    return { ok: true }
  })
  return app
}

function cookiesSetBy({ headers }: Response): HeaderValues {
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0])
  return { cookie: cookies.join('; ') }
}

interface Client {
  readonly channels: { channels: Record<string, unknown> }
  disconnect(): void
}

/** pusher-js accepts the options, and the snippet subscribes to its channels. The endpoint is the reader's. */
function acceptedByPusherJs(client: Client, channels: readonly string[]): void {
  client.disconnect()
  expect(Object.keys(client.channels.channels)).toEqual(channels)
}

/** A webhook as the service signs it; with `'unsigned'` among its events, one with a wrong signature. */
export function webhookOf(...events: readonly (object | 'unsigned')[]): Request {
  const body = JSON.stringify({ time_ms: Date.now(), events })
  const secret = events.includes('unsigned') ? 'wrong' : defaultApp.secret
  return new Request('http://127.0.0.1/pingerchips/webhooks', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-pusher-key': defaultApp.key,
      'x-pusher-signature': createHmac('sha256', secret).update(body).digest('hex'),
    },
    body,
  })
}

function joining(channel_name: string): Request {
  return new Request('http://127.0.0.1/pingerchips/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...cookieOfUser },
    body: JSON.stringify({ socket_id: '1.1', channel_name }),
  })
}

async function tryFastify(app: unknown, shipped: string): Promise<void> {
  const { ready, routing } = app as { ready(): Promise<void>; routing: RequestListener }
  await ready.call(app)
  await tryApp(routing, shipped)
}

/** Logs in, subscribes to the user's channels and to others, and triggers from a route. */
export async function tryApp(listener: RequestListener, shipped: string): Promise<void> {
  await serving(createServer(listener), async (url) => {
    const login = await fetch(`${url}/log-in`)
    const cookie = login.headers
      .getSetCookie()
      .map((set) => set.split(';', 1)[0])
      .join('; ')
    const join = async (channel: string, headers: Record<string, string> = { cookie }) => {
      const body = new URLSearchParams({ socket_id: '1.1', channel_name: channel })
      const response = await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })
      return [response.status, Object.keys((await response.json()) as object)]
    }
    expect(await join('private-user-1')).toEqual([200, ['auth']])
    expect(await join('presence-lobby')).toEqual([200, ['auth', 'channel_data']])
    expect(await join('private-user-2')).toEqual([403, ['error']])
    expect(await join('private-user-1', {})).toEqual([403, ['error']])
    const response = await fetch(url + shipped, { method: 'POST', headers: { cookie } })
    expect([response.status, await response.json()]).toEqual([200, { ok: true }])
  })
}

function tryH3(app: unknown, shipped: string): Promise<void> {
  return tryApp(toNodeHandler(app as H3), shipped)
}

/** Runs a server while `use` runs. */
export async function serving(
  server: ReturnType<typeof createServer>,
  use: (url: string) => Promise<void>,
  port = 0,
): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
