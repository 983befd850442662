import { channelRules, PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { defaultApp, startLocal } from '@pingerchips/local'
import axe from 'axe-core'
import Pusher from 'pusher'
import pusherJs from 'pusher-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import { serve } from './serve.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const PusherClient = pusherJs as unknown as typeof pusherJs.default

if (!hasChromium)
  console.log('test/console-accessibility.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

describe.skipIf(!hasChromium)('axe finds nothing in the console', () => {
  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'at %i pixels, %s',
    async (width, colorScheme) => {
      const closed = await serve(() => {})
      await closed.close()
      const service = await startLocal({ webhooks: `${closed.url}/webhooks` })
      onTestFinished(() => service.close())
      const { id, key, secret } = defaultApp
      const server = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url })
      onTestFinished(() => server.close())
      const authorize = channelRules<{ id: string }>()({})
      const app = await serve(nodeHandler({ client: server, user: () => null, authorize }))
      onTestFinished(() => app.close())
      const browser = await launchChromium()
      onTestFinished(() => browser.close())
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' })
      await page.goto(service.url)
      await page.getByText('live', { exact: true }).waitFor()

      const row = (text: string | RegExp) => page.locator('#entries li').filter({ hasText: text }).first()
      for (const [channel, appSecret] of [
        ['presence-room', secret],
        ['private-orders', 'wrong-secret'],
      ] as const) {
        const { host, port } = service
        const backend = new Pusher({ appId: id, key, secret: appSecret, host, port: String(port), useTLS: false })
        const client = new PusherClient(key, {
          wsHost: host,
          wsPort: port,
          forceTLS: false,
          enabledTransports: ['ws'],
          cluster: 'local',
          channelAuthorization: {
            customHandler: ({ socketId, channelName }, callback) => {
              const member = { user_id: '1', user_info: { name: 'Ada' } }
              callback(null, backend.authorizeChannel(socketId, channelName, member))
            },
          },
        })
        onTestFinished(() => client.disconnect())
        client.subscribe(channel)
      }
      await row(/refused\s*private-orders/).waitFor()
      await fetch(app.url, {
        method: 'POST',
        headers: { origin: 'https://shop.example' },
        body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-user-ada' }),
      })
      await row(/app refused\s*private-user-ada/).waitFor()
      await server.trigger('presence-room', 'greeting', { text: 'Hello' })
      await row('POST /api').waitFor()
      await row('webhook').waitFor()
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/${width}-${colorScheme}.png` })
      await page.getByRole('button', { name: 'Pause' }).click()
      for (const summary of await page.locator('#entries summary').all()) await summary.click()
      const views = width === 390 ? ['Stream', 'Channels', 'Trigger', 'Connect'] : ['Stream']
      for (const view of views) {
        if (width === 390) await page.getByRole('button', { name: view, exact: true }).click()
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
        // Evaluated rather than put into the page, whose policy runs no other script.
        await page.evaluate(axe.source)
        const { passes, violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
        expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
        expect(passes.map(({ id }) => id)).toContain('color-contrast')
      }
    },
    60_000,
  )
})
