import { createServer, type RequestListener } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect } from 'vitest'
import { type Attack, passwordHash } from './attacks.ts'
import { freePort } from './free-port.ts'
import { type Scenario, serving, sessionSecret, userType } from './scenarios.ts'

const user = `{ id: '1', name: 'Ada', passwordHash: '${passwordHash}', admin: true }`
const before = `import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express, { type Request } from 'express'
import session from 'express-session'

type User = ${userType}
declare module 'express-session' { interface SessionData { user: ${userType}; expired: boolean } }
const client = PingerchipsServer.fromEnv()
const ownsOrder = async (user: User, id: string) => user.id === '1' && id === '7'
const isMember = async (user: User, room: string) => user.id === '1' && room === 'blue'
const app = express()
app.use(session({ secret: '${sessionSecret}', cookie: { sameSite: 'lax', secure: 'auto' }, resave: false, saveUninitialized: false }))
app.get('/log-in', (req, res) => { req.session.user = ${user}; res.end() })
app.get('/expire', (req, res) => { req.session.expired = true; res.end() })`
const after = 'export { app }'

const unauthenticated = 403

/** The snippets of docs/who-may-join.md, in its order. */
export const whoMayJoin: Readonly<Record<string, Scenario>> = {
  'doc-simplest': joining({ 'private-user-1': 200, 'private-user-2': 403, 'presence-lobby': 403 }),
  'doc-presence': joining({ 'private-user-1': 200, 'private-user-2': 403, 'presence-lobby': 200 }),
  'doc-rules': joining({
    'private-user-1': 200,
    'private-user-2': 403,
    'private-order-7-item-8': 200,
    'private-order-8-item-8': 403,
    'private-orderShipment': 403,
    'private-encrypted-user-1': 403,
    'presence-room-blue': 200,
    'presence-room-red': 403,
    'private-room-blue': 403,
  }),
  'doc-channel': {
    before: `${before}\napp.use(pingerchips({ client, authorize: () => false }))`,
    after,
    run: ({ app }) =>
      serving(createServer(app as RequestListener), async (url) => {
        const ship = (headers = {}) => fetch(`${url}/orders/7/ship`, { method: 'POST', headers })
        expect((await ship()).status).toBe(403)
        const response = await ship({ cookie: await logIn(url) })
        expect([response.status, await response.json()]).toEqual([200, { ok: true }])
      }),
  },
  'doc-joined': {
    attack: attackOn(['private-order-7', 'private-admin-a-b', 'private-admin-x']),
    before,
    after: `app.use(pingerchips({ client, user: (req) => req.session.user, authorize: rules }))\n${after}`,
    run: tries({ 'private-order-7': 200, 'private-order-8': 403, 'private-admin-a-b': 200, 'private-x': 403 }),
  },
  'doc-jwt': {
    before,
    after,
    run: triesTokens,
    attack: { ...attackOn([]), credentials: async () => ({ authorization: 'Bearer e30.e30.AA' }) },
  },
  'doc-deny': {
    before,
    after,
    attack: attackOn(['private-user-1']),
    run: ({ app }) =>
      serving(createServer(app as RequestListener), async (url) => {
        const cookie = await logIn(url)
        expect(await join(url, 'private-user-1', { cookie })).toMatchObject({ status: 200 })
        expect(await join(url, 'private-user-2', { cookie })).toMatchObject({ status: 403 })
        await fetch(`${url}/expire`, { headers: { cookie } })
        expect(await join(url, 'private-user-1', { cookie })).toEqual({
          status: 401,
          challenge: 'Bearer',
          body: { error: 'session_expired' },
        })
      }),
  },
  'doc-signin': {
    before,
    after,
    attack: attackOn(['private-user-1']),
    run: ({ app }) =>
      serving(createServer(app as RequestListener), async (url) => {
        const signIn = async (headers: Record<string, string>) => {
          const response = await fetch(`${url}/pingerchips/user-auth`, {
            method: 'POST',
            headers,
            body: new URLSearchParams({ socket_id: '1.1' }),
          })
          return [response.status, Object.keys((await response.json()) as object)]
        }
        expect(await signIn({ cookie: await logIn(url) })).toEqual([200, ['auth', 'user_data']])
        expect(await signIn({})).toEqual([unauthenticated, ['error']])
      }),
  },
}

function attackOn(grants: readonly string[]): Attack {
  return { listener: ({ app }) => app as RequestListener, grants }
}

function joining(statuses: Readonly<Record<string, number>>): Scenario {
  const grants = Object.keys(statuses).filter((channel) => statuses[channel] === 200)
  return { before, after, run: tries(statuses), attack: attackOn(grants) }
}

/** User 1 gets these statuses; an unauthenticated client is refused every channel. */
function tries(statuses: Readonly<Record<string, number>>): NonNullable<Scenario['run']> {
  return ({ app }) =>
    serving(createServer(app as RequestListener), async (url) => {
      const cookie = await logIn(url)
      for (const [channel, status] of Object.entries(statuses)) {
        expect({ channel, ...(await join(url, channel, { cookie })) }).toMatchObject({ channel, status })
        expect({ channel, ...(await join(url, channel, {})) }).toMatchObject({ channel, status: unauthenticated })
      }
    })
}

async function triesTokens({ app }: Record<string, unknown>): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = createServer(async (_req, res) => {
    res.end(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'RS256' }] }))
  })
  await serving(
    keys,
    async () => {
      const token = (audience: string) =>
        new SignJWT()
          .setProtectedHeader({ alg: 'RS256', kid: '1' })
          .setSubject('1')
          .setIssuer('https://login.example.com/')
          .setAudience(audience)
          .setExpirationTime('1 minute')
          .sign(privateKey)
      await serving(createServer(app as RequestListener), async (url) => {
        const as = async (audience: string) => ({ authorization: `Bearer ${await token(audience)}` })
        expect(await join(url, 'private-user-1', await as('my-app'))).toMatchObject({ status: 200 })
        expect(await join(url, 'private-user-2', await as('my-app'))).toMatchObject({ status: 403 })
        expect(await join(url, 'private-user-1', await as('another'))).toEqual({
          status: 401,
          challenge: 'Bearer error="invalid_token"',
          body: { error: 'Unauthorized' },
        })
        expect(await join(url, 'private-user-1', {})).toMatchObject({ status: 401, challenge: 'Bearer' })
      })
    },
    jwksPort,
  )
}

/** Where the snippet's `JWKS_URL` leads: it is read when the snippet is loaded, before anything listens there. */
const jwksPort = await freePort()
process.env.JWKS_URL = `http://127.0.0.1:${jwksPort}/jwks.json`

export async function logIn(url: string): Promise<string> {
  const response = await fetch(`${url}/log-in`)
  return response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
}

async function join(url: string, channel: string, headers: Record<string, string>) {
  const body = new URLSearchParams({ socket_id: '1.1', channel_name: channel })
  const response = await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.json() }
}
