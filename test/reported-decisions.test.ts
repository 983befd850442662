import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startUntil } from './child.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { serve } from './serve.ts'

const pusherScript = readFileSync(createRequire(import.meta.url).resolve('pusher-js/dist/web/pusher.js'))
const frameworks = ['express', 'fastify', 'hono', 'koa', 'h3', 'nodeHandler', 'fetchHandler']

if (!hasChromium)
  console.log('test/reported-decisions.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

/** The app of a framework in another process, with the usual variables and nothing else. @returns its port */
async function startApp(framework: string, service: LocalService): Promise<number> {
  const running = await startUntil(/port (\d+);/, {
    command: process.execPath,
    args: ['reporting-app.mjs', framework],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: {
      NODE_ENV: 'development',
      PINGERCHIPS_APP_ID: defaultApp.id,
      PINGERCHIPS_APP_KEY: defaultApp.key,
      PINGERCHIPS_APP_SECRET: defaultApp.secret,
      PINGERCHIPS_ENDPOINT: service.url,
    },
  })
  onTestFinished(() => running.stop())
  return Number(running.said)
}

/** Requests of a page that fail, and the explanation that the console shows. */
const failures: readonly (readonly [channel: string, path: string, options: string, row: RegExp, text: RegExp])[] = [
  [
    'private-user-ada',
    '/pingerchips/auth',
    '',
    /app refused\s*private-user-ada/,
    /cookies there only with credentials/,
  ],
  [
    'private-orders',
    '/pingerchips/auth',
    'cookie',
    /app refused\s*private-orders/,
    /No rule matches the channel private-orders/,
  ],
  [
    'presence-room',
    '/pingerchips/auth',
    'cookie',
    /app failed\s*presence-room/,
    /returned true for a presence channel/,
  ],
  ['private-user-ada', '/pingerchips/auth?read', 'cookie', /app failed/, /Mount the endpoint before/],
  ['private-user-ada', '/pusher/auth', 'cookie', /app refused/, /no route for POST \/pusher\/auth/],
  ['private-user-ada', '/pingerchips/auth', 'text', /app refused/, /accepts application\/json/],
]

describe.skipIf(!hasChromium)('the console explains an app in another process', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, 30_000)
  afterAll(() => browser?.close())

  async function openPages(service: LocalService): Promise<{ readonly console: Page; readonly shop: Page }> {
    const site = await serve((request, response) => {
      const isScript = request.url === '/pusher.js'
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
      response.end(isScript ? pusherScript : '<link rel="icon" href="data:,"><script src="/pusher.js"></script>')
    })
    onTestFinished(() => site.close())
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const [console, shop] = [await context.newPage(), await context.newPage()]
    await console.goto(service.url)
    await console.getByText('live', { exact: true }).waitFor()
    // The same site as the app by its host name, but another origin: cookies are sent with credentials only.
    await shop.goto(site.url)
    return { console, shop }
  }

  /** Subscribes in the page with pusher-js, and waits for the end of the subscription. */
  function subscribe(page: Page, service: LocalService, endpoint: string, channel: string, options: string) {
    const type = options === 'text' ? 'text/plain' : 'application/x-www-form-urlencoded'
    return page.evaluate(`new Promise((resolve) => {
      const customHandler = ({ socketId, channelName }, callback) =>
        fetch(${JSON.stringify(endpoint)}, {
          method: 'POST',
          credentials: 'include',
          headers: { 'content-type': '${type}' },
          body: new URLSearchParams({ socket_id: socketId, channel_name: channelName }).toString(),
        })
          .then(async (response) => {
            if (!response.ok) throw new Error(response.status)
            callback(null, await response.json())
          })
          .catch((error) => callback(error, null))
      const pusher = new Pusher('local-key', {
        cluster: 'local', wsHost: '${service.host}', wsPort: ${service.port}, forceTLS: false, enabledTransports: ['ws'],
        channelAuthorization: ${options === '' ? JSON.stringify({ endpoint, transport: 'ajax' }) : '{ customHandler }'},
      })
      const channel = pusher.subscribe('${channel}')
      for (const event of ['pusher:subscription_error', 'pusher:subscription_succeeded'])
        channel.bind(event, () => resolve(event))
    })`)
  }

  test.each(frameworks)(
    '%s, within two seconds of each refused subscription',
    async (framework) => {
      const service = await startLocal()
      onTestFinished(() => service.close())
      const app = `http://127.0.0.1:${await startApp(framework, service)}`
      const { console: page, shop } = await openPages(service)
      await shop.evaluate(`fetch('${app}/login', { method: 'POST', credentials: 'include' })`)
      expect((await shop.context().cookies(app)).map(({ name }) => name)).toEqual(['session'])
      for (const [channel, path, options, row, text] of failures) {
        expect(await subscribe(shop, service, app + path, channel, options)).toBe('pusher:subscription_error')
        const entry = page.locator('#entries li').filter({ hasText: row }).filter({ hasText: text })
        await entry.first().waitFor({ timeout: 2000 })
      }
      const granted = await subscribe(shop, service, `${app}/pingerchips/auth`, 'private-user-ada', 'cookie')
      expect(granted).toBe('pusher:subscription_succeeded')
      await page
        .locator('#entries li')
        .filter({ hasText: /app granted\s*private-user-ada/ })
        .waitFor({ timeout: 2000 })
      await page
        .locator('#entries li')
        .filter({ hasText: /subscribed\s*private-user-ada/ })
        .waitFor({ timeout: 2000 })
    },
    60_000,
  )
})
