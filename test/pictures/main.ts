import { mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startDemo } from '@examples/demo/demo'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import type { BrowserContext, Page } from 'playwright-core'
import pusherJs from 'pusher-js'
import { hasChromium, launchChromium } from '../chromium.ts'

/** Takes the pictures of docs/pictures: `npm run pictures`, when a page has changed. */
if (!hasChromium) throw new Error('There is no /usr/bin/chromium to take pictures with (apt-get install chromium)')

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

const folder = fileURLToPath(new URL('../../../../docs/pictures/', import.meta.url))
mkdirSync(folder, { recursive: true })
const service = await startLocal()
const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, {
  appKey: defaultApp.key,
  endpoint: service.url,
})
const demo = await startDemo(service, client, true)
const browser = await launchChromium()

for (const colorScheme of ['light', 'dark'] as const) {
  const context = await browser.newContext({
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
  })
  // Opened first, so that it sees what happens.
  const consolePage = await context.newPage()
  await consolePage.goto(service.url)
  const alice = await tryEverything(context)
  await take(alice, `demo-${colorScheme}`)
  await mistakeTheSecret(consolePage)
  await take(consolePage, `console-${colorScheme}`)
  await context.close()
}
await browser.close()
await demo.close()
await client.close()
await service.close()

/** What a person does with the demo in a minute. Answers the window of alice. */
async function tryEverything(context: BrowserContext): Promise<Page> {
  const alice = await context.newPage()
  await alice.goto(demo.url)
  await alice.getByRole('button', { name: 'Alice' }).click()
  await alice.getByText('Alice (you)').waitFor()
  const bob = await context.newPage()
  await bob.goto(`${demo.url}#koa/bob`)
  await bob.getByText('Bob (you)').waitFor()
  await bob.getByLabel('To').selectOption('Alice')
  await bob.getByRole('button', { name: 'Send' }).click()
  await alice.getByText('Bob: Your order has shipped').waitFor()
  await alice.getByRole('button', { name: 'Join private-user-bob' }).click()
  await alice.getByText('Refused: 403').waitFor()
  return alice
}

/** What a developer does in the first hour. */
async function mistakeTheSecret(consolePage: Page): Promise<void> {
  const mistaken = new PingerchipsServer(defaultApp.id, 'the-secret-of-production', { appKey: defaultApp.key })
  const pusher = new Pusher(defaultApp.key, {
    cluster: 'local',
    wsHost: service.host,
    wsPort: service.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, done) => done(null, mistaken.authenticate(socketId, channelName)),
    },
  })
  pusher.subscribe('private-orders')
  await consolePage.bringToFront()
  await consolePage.locator('#entries summary', { hasText: 'private-orders' }).click()
  pusher.disconnect()
}

async function take(page: Page, name: string): Promise<void> {
  const file = `${folder}${name}.png`
  await page.bringToFront()
  await page.screenshot({ path: file, fullPage: true })
  console.log(`docs/pictures/${name}.png ${Math.ceil(statSync(file).size / 1024)} KiB`)
}
