import type { RequestListener } from 'node:http'
import { createApp as createPassportApp } from '@examples/express-passport'
import { createApp as createJwtApp } from '@examples/fastify-jwt'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import { corsApps } from './cors-apps.ts'
import { crossOriginPage } from './cross-origin-page.ts'
import { type Served, serve } from './serve.ts'

if (!hasChromium)
  console.log('test/browser.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

describe.skipIf(!hasChromium)('in Chromium', () => {
  let service: LocalService
  let client: PingerchipsServer
  let browser: Browser
  const served: Served[] = []
  const faults: Error[] = []

  beforeAll(async () => {
    service = await startLocal()
    const { id, key, secret } = defaultApp
    client = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url })
    // What the examples' page tells pusher-js.
    vi.stubEnv('PINGERCHIPS_APP_KEY', key)
    vi.stubEnv('PINGERCHIPS_ENDPOINT', service.url)
    browser = await launchChromium()
  }, 30_000)
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    for (const one of served.splice(0)) await one.close()
    expect(faults.splice(0)).toEqual([])
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await browser?.close()
    await client.close()
    await service.close()
  })

  async function start(listener: RequestListener): Promise<string> {
    const one = await serve(listener)
    served.push(one)
    return one.url
  }

  async function open(url: string, context = browser.newContext()): Promise<Page> {
    const page = await (await context).newPage()
    page.on('pageerror', (fault) => faults.push(fault))
    await page.goto(url)
    return page
  }

  for (const { name, listener } of corsApps)
    test(`${name}: a page of an allowed origin subscribes; a page of another origin cannot`, async () => {
      const seen: string[] = []
      let app: RequestListener = () => {}
      const appUrl = await start((req, res) => {
        seen.push(`${req.method} ${req.url}`)
        app(req, res)
      })
      const pages = crossOriginPage({ app: appUrl, appKey: defaultApp.key, wsPort: service.port })
      const origin = await start(pages)
      app = await listener(client, origin)

      const page = await open(origin)
      expect(await page.evaluate(`join('private-user-1')`)).toBe('401 Unauthorized')
      await page.evaluate(`post('/login', {})`)
      expect(await page.evaluate(`join('private-user-1')`)).toBe('joined')
      expect(await page.evaluate(`join('private-user-2')`)).toBe('403 Access denied')
      await client.trigger('private-user-1', 'order-update', { status: 'shipped' })
      await page.waitForFunction('heard.length > 0')
      expect(await page.evaluate('heard')).toEqual([{ status: 'shipped' }])
      expect(seen.slice(0, 2)).toEqual(['OPTIONS /pingerchips/auth', 'POST /pingerchips/auth'])

      seen.length = 0
      // The cookie is the same, for cookies do not know ports.
      const stranger = await open(await start(pages), Promise.resolve(page.context()))
      expect(await stranger.evaluate(`join('private-user-1')`)).toBe('Failed to fetch')
      expect(seen).toEqual(['OPTIONS /pingerchips/auth'])
    }, 30_000)

  const examples = [
    { name: 'express-passport', says: 'alice is signed in', listener: () => createPassportApp(client) },
    {
      name: 'fastify-jwt',
      says: 'alice joined private-user-alice',
      async listener() {
        const app = createJwtApp(client)
        await app.ready()
        return app.routing
      },
    },
  ]
  for (const { name, says, listener } of examples)
    test(`${name}: the page works`, async () => {
      const page = await open(await start(await listener()))
      const log = page.locator('#log')
      await page.getByRole('button', { name: 'Alice' }).click()
      await log.getByText(says).waitFor()
      await log.getByText('alice joined private-user-alice').waitFor()
      await page.locator('#members').getByText('Alice').waitFor()
      await page.getByRole('button', { name: 'Send' }).click()
      await log.getByText('Alice: Your order has shipped').waitFor()
      await page.getByRole('button', { name: 'Bob' }).click()
      await log.getByText('bob was refused private-user-alice (403)').waitFor()
    }, 30_000)
})
