import { tryExample } from '@examples/demo'
import { createApp } from '@examples/fastify-jwt'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, serve } from './serve.ts'

let service: LocalService
let client: PingerchipsServer
let app: Served

beforeAll(async () => {
  service = await startLocal()
  client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key, endpoint: service.url })
  const fastify = createApp(client)
  await fastify.ready()
  app = await serve(fastify.routing)
})
afterAll(async () => {
  await app.close()
  await client.close()
  await service.close()
})

function post(path: string, body: object, authorization?: string): Promise<Response> {
  return fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body: JSON.stringify(body),
  })
}

async function token(name: string): Promise<string> {
  return ((await (await post('/login', { name })).json()) as { token: string }).token
}

test('examples/fastify-jwt works with the real pusher-js', async () => {
  expect(await tryExample({ name: 'fastify-jwt', url: app.url }, defaultApp.key, service.port)).toMatch(
    /^alice joined .* mallory was refused \(403\)/,
  )
})

test('the endpoint and the route accept the same token', async () => {
  const authorization = `Bearer ${await token('bob')}`
  const joining = { socket_id: '1.1', channel_name: 'private-user-bob' }
  expect((await post('/pingerchips/auth', joining, authorization)).status).toBe(200)
  expect((await post('/pingerchips/auth', { ...joining, auth_info: { token: await token('bob') } })).status).toBe(200)
  expect((await post('/notify/alice', { text: 'hi' }, authorization)).status).toBe(200)
})

describe('401 with WWW-Authenticate: Bearer', () => {
  const forged = () =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://shop.example')
      .setAudience('https://shop.example/api')
      .setSubject('alice')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('a secret of another issuer, 32 byte'))
  const badTokens: Record<string, () => string | undefined | Promise<string | undefined>> = {
    'without a token': () => undefined,
    'with a token that is none': () => 'Bearer nonsense',
    'with a token of another secret': async () => `Bearer ${await forged()}`,
    'with a token that was changed': async () => `Bearer ${(await token('bob')).replace(/.$/, '')}`,
  }
  for (const [what, authorization] of Object.entries(badTokens))
    test(what, async () => {
      const header = await authorization()
      const joining = { socket_id: '1.1', channel_name: 'private-user-alice' }
      for (const answer of [
        await post('/pingerchips/auth', joining, header),
        await post('/notify/alice', { text: 'hi' }, header),
      ]) {
        expect(answer.status).toBe(401)
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer\b/)
        expect(Object.keys((await answer.json()) as object)).toEqual(['error'])
      }
    })
})
