import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import { toNodeHandler } from 'h3'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createApp as createPassportApp } from '../examples/express-passport/dist/app.js'
import { createApp as createExpressApp } from '../examples/express-session/dist/app.js'
import { createApp as createJwtApp } from '../examples/fastify-jwt/dist/app.js'
import { createApp as createFastifyApp } from '../examples/fastify-session/dist/app.js'
import { createApp as createH3App } from '../examples/h3-session/dist/app.js'
import { createApp as createHonoApp } from '../examples/hono-node/dist/app.js'
import { createApp as createKoaApp } from '../examples/koa-session/dist/app.js'
import { breachesOf, publishedSecrets, withTls } from './attacks.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { breachesOfExample, logInTo } from './example-attacks.ts'
import { serve } from './serve.ts'

type Listener = (client: PingerchipsServer) => RequestListener | Promise<RequestListener>

const withSessions: Readonly<Record<string, Listener>> = {
  'express-session': createExpressApp,
  'express-passport': createPassportApp,
  'fastify-session': async (client) => {
    const app = createFastifyApp(client)
    await app.ready()
    return app.routing
  },
  'hono-node': (client) => getRequestListener(createHonoApp(client).fetch, { overrideGlobalObjects: false }),
  'koa-session': (client) => createKoaApp(client).callback(),
  'h3-session': (client) => toNodeHandler(createH3App(client)),
}
const withTokens: Readonly<Record<string, Listener>> = {
  'fastify-jwt': async (client) => {
    const app = createJwtApp(client)
    await app.ready()
    return app.routing
  },
}

let service: LocalService
let client: PingerchipsServer

beforeAll(async () => {
  service = await startLocal()
  const { id, key, secret } = defaultApp
  client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url, protocol: 'pusher' })
})
afterAll(async () => {
  await client.close()
  await service.close()
})

test('no example publishes a secret', () => {
  const found = filesIn(fileURLToPath(new URL('../examples/', import.meta.url)))
    .filter((file) => /\.(ts|tsx|js|capnp|svelte|astro)$/.test(file))
    .flatMap((file) => publishedSecrets(readFileSync(file, 'utf8')).map((text) => `${file}: ${text}`))
  expect(found).toEqual([])
})

test.each(Object.entries({ ...withSessions, ...withTokens }))(
  'examples/%s lets no attacker in',
  async (name, listener) => {
    vi.stubEnv('NODE_ENV', 'production')
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const app = await listener(client)
      const source = readFileSync(new URL(`../examples/${name}/src/app.ts`, import.meta.url), 'utf8')
      const attack = {
        listener: () => app,
        grants: ['private-user-alice', 'presence-lobby'],
        credentials: () => withTls(app, async (url) => (await logInTo(url, 'alice')).headers),
      }
      expect([
        ...(await breachesOf(attack, {}, source)),
        ...(await withTls(app, (url) => breachesOfExample(url))),
      ]).toEqual([])
    } finally {
      vi.unstubAllEnvs()
      log.mockRestore()
    }
  },
)

if (!hasChromium)
  console.log('The cross-site forms are skipped: there is no /usr/bin/chromium (apt-get install chromium)')

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, 60_000)
  afterAll(() => browser?.close())

  // 127.0.0.1 and localhost are different sites.
  test.each(Object.entries(withSessions))(
    'a cross-site form sends no event through examples/%s',
    async (_, listener) => {
      const app = await serve(await listener(client))
      const form = `<form method="post" enctype="text/plain" action="${app.url}/notify/bob">
      <input name='{"text":"forged' value='"}'></form><script>document.forms[0].submit()</script>`
      const attacker = await serve((_req, res) => void res.setHeader('content-type', 'text/html').end(form))
      const events: string[] = []
      const end = service.onLog((entry) => {
        if (entry.type === 'event') events.push(entry.event)
      })
      const context = await browser.newContext()
      try {
        const page = await context.newPage()
        await page.goto(app.url)
        await page.getByRole('button', { name: 'Alice' }).click()
        await page.getByText('You are alice.').waitFor()
        const submitted = page.waitForResponse(`${app.url}/notify/bob`)
        await page.goto(attacker.url.replace('127.0.0.1', 'localhost')).catch(() => {})
        expect({ status: (await submitted).status(), events }).toEqual({ status: 401, events: [] })
      } finally {
        end()
        await context.close()
        await app.close()
        await attacker.close()
      }
    },
    30_000,
  )
})

/** The files of a folder, but for those that were installed or built. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return [path]
    return /^(node_modules|dist|build|\..*)$/.test(entry.name) ? [] : filesIn(path)
  })
}
