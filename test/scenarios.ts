import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { expect } from 'vitest'

/** What makes a snippet a whole module, and what must then be true of it. */
export interface Scenario {
  /** Before the snippet: what the reader's app has already. */
  readonly before?: string
  /** What replaces the line of the snippet that listens, and what comes after the snippet. */
  readonly listen?: RegExp
  readonly after?: string
  run?(module: Record<string, unknown>): Promise<void>
}

const user = `{ id: '1', name: 'Ada' }`
const authorize = `const authorize = ({ channel, kind, user }: { channel: string; kind: string; user: { id: string; name: string } }) =>
  kind === 'presence' ? { user_id: user.id, user_info: { name: user.name } } : channel === \`private-user-\${user.id}\``
const client = `import { PingerchipsServer } from '@pingerchips/core'
const client = PingerchipsServer.fromEnv()
${authorize}
const users = new Map([['1', ${user}]])`
/** The user as the snippets have it. */
export const userType = '{ id: string; name: string; admin?: boolean; banned?: boolean }'
const expressSession = `declare module 'express-session' { interface SessionData { user: ${userType} } }`
const fastifySession = `declare module 'fastify' { interface Session { user?: { id: string; name: string } } }`

const pusherJs = `import Pusher from 'pusher-js'`

export const scenarios: Readonly<Record<string, Scenario>> = {
  express: {
    before: expressSession,
    listen: /^app\.listen\(3000\)$/m,
    after: `app.get('/log-in', (req, res) => { req.session.user = ${user}; res.end() })\nexport { app }`,
    run: ({ app }) => tryApp(app as RequestListener, '/orders/7/shipped'),
  },
  fastify: {
    before: `import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
${client}
${fastifySession}
const app = Fastify()
app.register(cookie)
app.register(session, { secret: 'for tests, 32 characters at the very least', cookie: { secure: 'auto' } })`,
    after: `app.get('/log-in', async (request) => { request.session.user = ${user} })\nexport { app }`,
    run: ({ app }) => tryFastify(app, '/shipped'),
  },
  'fastify-whole': {
    before: fastifySession,
    listen: /^await app\.listen\(.*\)$/m,
    after: `app.get('/log-in', async (request) => { request.session.user = ${user} })\nexport { app }`,
    run: ({ app }) => tryFastify(app, '/orders/7/shipped'),
  },
  hono: {
    before: `import { Hono } from 'hono'\nimport { getSignedCookie, setSignedCookie } from 'hono/cookie'\n${client}\nconst secret = 'secret'`,
    after: `app.get('/log-in', async (c) => { await setSignedCookie(c, 'user', '1', secret); return c.text('') })\nexport { app }`,
    run: ({ app }) => tryApp(getRequestListener((app as { fetch: (request: Request) => Response }).fetch), '/shipped'),
  },
  'hono-whole': {
    after: `import { setSignedCookie } from 'hono/cookie'
app.get('/log-in', async (c) => { await setSignedCookie(c, 'user', '1', 'dev'); return c.text('') })`,
    run: ({ default: app }) =>
      tryApp(getRequestListener((app as { fetch: (request: Request) => Response }).fetch), '/orders/7/shipped'),
  },
  koa: {
    before: `import Koa, { type Context, type DefaultState } from 'koa'
import session from 'koa-session'
${client}
const app = new Koa<DefaultState, Context & PingerchipsContext>()
app.keys = ['secret']
app.use(session(app))
app.use(async (ctx, next) => {
  if (ctx.path !== '/log-in') return next()
  ctx.session = { user: '1' }
  ctx.status = 200
})`,
    after: `export { app }`,
    run: ({ app }) => tryApp((app as { callback(): RequestListener }).callback(), '/shipped'),
  },
  'koa-whole': {
    listen: /^app\.listen\(3000\)$/m,
    after: `app.use(async (ctx) => {
  ctx.session.user = '1'
  ctx.status = 200
})
export { app }`,
    run: ({ app }) => tryApp((app as { callback(): RequestListener }).callback(), '/orders/7/shipped'),
  },
  core: {
    after: `export { auth, pingerchips }`,
    async run({ auth }) {
      expect(auth).toEqual({
        auth: expect.stringMatching(/^local-key:[0-9a-f]{64}$/),
        channel_data: expect.any(String),
      })
    },
  },
  fetch: {
    async run({ POST }) {
      const ask = async (name: string) =>
        (await (POST as (request: Request) => Promise<Response>)(joining(name))).status
      expect([await ask('private-user-1'), await ask('private-user-2')]).toEqual([200, 403])
    },
  },
  node: {
    after: `export { server }`,
    async run({ server }) {
      await serving(server as ReturnType<typeof createServer>, async (url) => {
        const ask = async (name: string) => (await fetch(new Request(`${url}/pingerchips/auth`, joining(name)))).status
        expect([await ask('private-user-1'), await ask('private-user-2')]).toEqual([200, 403])
      })
    },
  },
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
  browser: {
    before: `${pusherJs}\nconst APP_KEY = 'local-key'\nconst wsHost = '127.0.0.1'\nconst alert = () => {}`,
    after: 'export { pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, ['private-user-1']),
  },
  'browser-local': {
    before: pusherJs,
    after: 'export { client as pusher }',
    run: async ({ pusher }) => acceptedByPusherJs(pusher as Client, []),
  },
  local: {},
  jwt: {
    before: `import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
const { privateKey, publicKey } = await generateKeyPair('RS256')
const keyServer = createServer(async (_req, res) => res.end(JSON.stringify({ keys: [await exportJWK(publicKey)] })))
await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve))
const ISSUER = \`http://127.0.0.1:\${(keyServer.address() as AddressInfo).port}\``,
    listen: /^app\.listen\(3000\)$/m,
    after: `const token = await new SignJWT({ sub: '1' })
  .setProtectedHeader({ alg: 'RS256' })
  .setIssuer(ISSUER)
  .setAudience('chat')
  .setExpirationTime('1 minute')
  .sign(privateKey)
export { app, keyServer, token }`,
    async run({ app, keyServer, token }) {
      try {
        await serving(createServer(app as RequestListener), async (url) => {
          const ask = async (name: string, authorization: string) => {
            const request = joining(name)
            request.headers.set('authorization', authorization)
            return (await fetch(new Request(`${url}/pingerchips/auth`, request))).status
          }
          expect(await ask('private-user-1', `Bearer ${token}`)).toBe(200)
          expect(await ask('private-user-2', `Bearer ${token}`)).toBe(403)
          expect(await ask('private-user-1', `Bearer ${token}x`)).toBe(401)
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
    after: `export const answer = await user(undefined, {
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
    async run({ answer }) {
      expect(answer).toEqual({ id: '1', name: 'Ada' })
    },
  },
  'jwt-cookie': {
    before: `import type { PingerchipsServer } from '@pingerchips/core'
import { Hono } from 'hono'
declare const client: PingerchipsServer
declare const [publicKey, issuer, audience]: [string, string, string]
const app = new Hono()`,
  },
  conformance: {
    before: `import type { AppSetup, RunningApp } from '@pingerchips/conformance'
declare function startMyApp(setup: AppSetup): Promise<RunningApp>`,
  },
}

interface Client {
  readonly channels: { channels: Record<string, unknown> }
  disconnect(): void
}

/** pusher-js took the options, and the snippet subscribed to what it says; where it connects to is the reader's. */
function acceptedByPusherJs(client: Client, channels: readonly string[]): void {
  client.disconnect()
  expect(Object.keys(client.channels.channels)).toEqual(channels)
}

function joining(channel_name: string): Request {
  return new Request('http://127.0.0.1/pingerchips/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user': 'ada' },
    body: JSON.stringify({ socket_id: '1.1', channel_name }),
  })
}

async function tryFastify(app: unknown, shipped: string): Promise<void> {
  const { ready, routing } = app as { ready(): Promise<void>; routing: RequestListener }
  await ready.call(app)
  await tryApp(routing, shipped)
}

/** Logs in, joins what may be joined, is refused the rest, and triggers from a route. */
async function tryApp(listener: RequestListener, shipped: string): Promise<void> {
  await serving(createServer(listener), async (url) => {
    const login = await fetch(`${url}/log-in`)
    const cookie = login.headers
      .getSetCookie()
      .map((set) => set.split(';', 1)[0])
      .join('; ')
    const join = async (channel: string, headers: Record<string, string> = { cookie }) => {
      const body = new URLSearchParams({ socket_id: '1.1', channel_name: channel })
      const answer = await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })
      return [answer.status, Object.keys((await answer.json()) as object)]
    }
    expect(await join('private-user-1')).toEqual([200, ['auth']])
    expect(await join('presence-lobby')).toEqual([200, ['auth', 'channel_data']])
    expect(await join('private-user-2')).toEqual([403, ['error']])
    expect(await join('private-user-1', {})).toEqual([403, ['error']])
    const answer = await fetch(url + shipped, { method: 'POST' })
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }])
  })
}

/** Has a server listen while something uses it. */
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
