import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Person, tryExample } from '@examples/demo'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildOnce } from './build-once.ts'
import { type Running, run, startUntil } from './child.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { breachesOfExample } from './example-attacks.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const cwd = join(root, 'examples/next-app')

let service: LocalService
let app: Running

beforeAll(async () => {
  const next = (...args: readonly string[]) => ({
    command: process.execPath,
    args: [join(cwd, 'node_modules/next/dist/bin/next'), ...args],
    cwd,
  })
  const others = ['packages/core/package.json', 'packages/core/dist', 'pnpm-lock.yaml', 'tsconfig.base.json']
  // It checks the types too.
  await buildOnce(join(cwd, '.next/built-from'), [cwd, ...others.map((path) => join(root, path))], () =>
    run({ ...next('build'), env: { NEXT_TELEMETRY_DISABLED: '1' } }),
  )
  service = await startLocal()
  app = await startUntil(/Local: +(\S+)[\s\S]*Ready/, {
    ...next('start', '-H', '127.0.0.1', '-p', '0'),
    env: {
      NEXT_TELEMETRY_DISABLED: '1',
      PINGERCHIPS_APP_ID: defaultApp.id,
      PINGERCHIPS_APP_KEY: defaultApp.key,
      PINGERCHIPS_APP_SECRET: defaultApp.secret,
      PINGERCHIPS_ENDPOINT: service.url,
      SESSION_SECRET: 'a secret of this test',
    },
  })
}, 360_000)
afterAll(async () => {
  await app?.stop()
  await service?.close()
})

test.each([
  ['App Router', ''],
  ['Pages API', '/api'],
])('the %s does the job with the real pusher-js', async (name, path) => {
  expect(await tryExample({ name, url: app.said + path }, defaultApp.key, service.port)).toMatch(
    /^alice joined .* mallory was refused \(403\)/,
  )
})

test('pusher.signin() signs a connection in as the user of the session', async () => {
  const bob = await Person.logIn('bob', app.said, defaultApp.key, service.port)
  expect((await bob.signIn()).user_data).toEqual({ id: 'bob', user_info: { name: 'Bob' } })
  bob.leave()
})

test.each([
  ['App Router', ''],
  ['Pages API', '/api'],
])('the %s lets no attacker in', async (_, path) => {
  expect(await breachesOfExample(app.said + path)).toEqual([])
})

test.each([
  ['no session', ''],
  ['a forged session', 'session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.AAAA'],
])('%s is refused by both', async (_, cookie) => {
  for (const path of ['/pingerchips/auth', '/api/pingerchips/auth']) {
    const body = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-alice' })
    const answer = await fetch(app.said + path, { method: 'POST', headers: { cookie }, body })
    expect([answer.status, await answer.json()]).toEqual([403, { error: 'Unauthorized' }])
  }
})

describe.skipIf(!hasChromium)('in Chromium', () => {
  test('examples/next-app: the page works', async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      await page.goto(app.said)
      await page.getByRole('button', { name: 'alice' }).click()
      await page.getByText('alice joined private-user-alice').waitFor()
      await page.getByText('Here now: Alice').waitFor()
      await page.getByRole('button', { name: 'Notify' }).click()
      await page.getByText('Alice: Your order has shipped').waitFor()
      await page.getByRole('button', { name: 'mallory' }).click()
      await page.getByText('mallory was refused private-user-alice (403)').waitFor()
    } finally {
      await browser.close()
    }
  }, 30_000)
})
