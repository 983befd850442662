import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Person, tryExample } from '@examples/demo'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Running, run, startUntil } from './child.ts'
import { breachesOfExample } from './example-attacks.ts'

const folder = new URL('../examples/hono-workers/', import.meta.url)
const cwd = fileURLToPath(folder)
const secret = 'a secret of this test, of 32 bytes or more'

let service: LocalService
let worker: Running
let url: string

beforeAll(async () => {
  await run({ command: 'npm', args: ['run', 'build'], cwd })
  service = await startLocal()
  // Not the command of that name, which starts it as a child that outlives it.
  const { default: workerd } = createRequire(new URL('package.json', folder))('workerd')
  worker = await startUntil(/"port":(\d+)/, {
    command: workerd,
    args: ['serve', 'workerd.capnp', '--socket-addr=http=127.0.0.1:0', '--control-fd=1'],
    cwd,
    env: {
      PINGERCHIPS_APP_ID: defaultApp.id,
      PINGERCHIPS_APP_KEY: defaultApp.key,
      PINGERCHIPS_APP_SECRET: defaultApp.secret,
      PINGERCHIPS_ENDPOINT: service.url,
      JWT_SECRET: secret,
    },
  })
  url = `http://127.0.0.1:${worker.said}`
}, 60_000)
afterAll(async () => {
  await worker?.stop()
  await service?.close()
})

test('examples/hono-workers works with the real pusher-js and a bearer token', async () => {
  expect(await tryExample({ name: 'hono-workers', url }, defaultApp.key, service.port)).toMatch(
    /^alice joined .* mallory was refused \(403\)/,
  )
})

test('the Worker handles a second request: it keeps nothing of the first', async () => {
  const alice = await Person.logIn('alice', url, defaultApp.key, service.port)
  const own = await alice.join('private-user-alice')
  if (typeof own === 'number') throw new Error(`refused (${own})`)
  await Promise.all(['one', 'two', 'three', 'four'].map((text) => alice.notify('alice', own, text)))
  alice.leave()
})

test('the Worker lets no attacker in', async () => {
  expect(await breachesOfExample(url)).toEqual([])
})

test('without a token pusher-js is refused with 401', async () => {
  const anonymous = Person.connect({}, url, defaultApp.key, service.port)
  expect(await anonymous.join('private-user-alice')).toBe(401)
  anonymous.leave()
})

const token = (key: string, expires: string, sub?: string) =>
  new SignJWT({ ...(sub !== undefined && { sub }), iss: 'https://shop.example', aud: 'https://shop.example/api' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key))

test.each([
  ['no token', async () => ({}), 'Bearer'],
  [
    'a forged token',
    async () => ({ authorization: `Bearer ${await token(secret.toUpperCase(), '1h', 'alice')}` }),
    /invalid_token/,
  ],
  [
    'an expired token',
    async () => ({ authorization: `Bearer ${await token(secret, '-1h', 'alice')}` }),
    /invalid_token/,
  ],
])('%s: 401 and a challenge, from the endpoint and from the route', async (_, headers, challenge) => {
  const body = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-alice' })
  const answer = await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers: await headers(), body })
  expect([answer.status, await answer.json()]).toEqual([401, { error: 'Unauthorized' }])
  expect(answer.headers.get('www-authenticate')).toMatch(challenge)
  const route = await fetch(`${url}/notify/alice`, { method: 'POST', headers: await headers(), body: '{}' })
  expect([route.status, route.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test.each([
  ['without sub', undefined],
  ['with an empty sub', ''],
  ['of an unknown user', 'undefined'],
])('a valid token %s subscribes to nothing', async (_, sub) => {
  const headers = { authorization: `Bearer ${await token(secret, '1h', sub)}` }
  for (const channel_name of ['private-user-undefined', 'private-user-alice', 'presence-lobby']) {
    const body = new URLSearchParams({ socket_id: '1.1', channel_name })
    const response = await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })
    expect([channel_name, response.status]).toEqual([channel_name, 403])
  }
})
