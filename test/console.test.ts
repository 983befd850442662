import { readFileSync } from 'node:fs'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import Pusher from 'pusher'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import { serve } from './serve.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const PusherClient = pusherJs as unknown as typeof pusherJs.default

if (!hasChromium)
  console.log('test/console.test.ts is skipped: there is no /usr/bin/chromium (apt-get install chromium)')

describe.skipIf(!hasChromium)('the console', () => {
  let browser: Browser
  let service: LocalService
  let server: PingerchipsServer
  const clients: InstanceType<typeof PusherClient>[] = []
  const complaints: string[] = []
  const requested = new Set<string>()

  beforeAll(async () => {
    browser = await launchChromium()
  }, 30_000)
  beforeEach(async () => {
    service = await startLocal()
    server = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key, endpoint: service.url })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect()
    for (const context of browser.contexts()) await context.close()
    await server.close()
    await service.close()
    expect(complaints.splice(0)).toEqual([])
    for (const url of requested) expect(url.startsWith(`${service.url.slice(4)}/`)).toBe(true)
    requested.clear()
  })
  afterAll(() => browser?.close())

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('request', (request) => requested.add(request.url().slice(4)))
    page.on('websocket', (socket) => requested.add(socket.url().slice(2)))
    await page.goto(service.url)
    await page.getByText('live', { exact: true }).waitFor()
    return page
  }

  /** The published `pusher-js`; its channels are authorized with `secret`. */
  function connect(secret = defaultApp.secret, member?: Pusher.PresenceChannelData) {
    const { id, key } = defaultApp
    const { host, port } = service
    const backend = new Pusher({ appId: id, key, secret, host, port: String(port), useTLS: false })
    const client = new PusherClient(key, {
      wsHost: host,
      wsPort: port,
      forceTLS: false,
      enabledTransports: ['ws'],
      cluster: 'local',
      channelAuthorization: {
        customHandler: ({ socketId, channelName }, callback) =>
          callback(null, backend.authorizeChannel(socketId, channelName, member)),
      },
    })
    clients.push(client)
    return client
  }

  const row = (page: Page, text: string | RegExp) => page.locator('#entries li').filter({ hasText: text })

  test('shows a subscription, a refusal with its reason, and an event with its payload', async () => {
    const page = await open()
    connect(undefined, { user_id: '1', user_info: { name: 'Ada' } }).subscribe('presence-room')
    await row(page, /subscribed\s*presence-room/).waitFor()
    await page.locator('#channels').getByText('presence: Ada (1)').waitFor()
    await page.locator('#connection-total').getByText('1', { exact: true }).waitFor()

    const other = connect('wrong-secret')
    other.subscribe('private-orders')
    const refused = row(page, /refused\s*private-orders/)
    await refused.getByText('PINGERCHIPS_APP_SECRET of the app differs').waitFor()
    await refused.locator('summary').click()
    await refused
      .getByRole('group', { name: 'string to sign' })
      .getByText(/^\d+\.\d+:private-orders$/)
      .waitFor()
    await refused.getByText('Invalid signature: it must be').waitFor()

    await server.trigger('presence-room', 'greeting', { text: 'Hello' })
    await row(page, /event\s*greeting on presence-room/)
      .getByText('to 1')
      .waitFor()
    await row(page, 'POST /api/apps/local-key/trigger')
      .getByText(/signed 200, [\d.]+ ms/)
      .waitFor()
  }, 30_000)

  test('shows payloads as text, never as HTML', async () => {
    const page = await open()
    const attack = '<img src=x onerror="globalThis.attacked = true"><script>globalThis.attacked = true</script>'
    connect(undefined, { user_id: attack, user_info: { name: attack } }).subscribe('presence-room')
    await page.locator('#channels').getByText('<img src=x').waitFor()
    await server.trigger('presence-room', attack, { text: attack })
    const event = page.locator('#entries li[data-kind=events]')
    await event.locator('summary').click()
    await event.getByRole('group', { name: 'data' }).getByText('<img src=x').waitFor()
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.evaluate('globalThis.attacked')).toBe(undefined)
  }, 30_000)

  test('filters by channel, kind and text, and pauses', async () => {
    const page = await open()
    const client = connect()
    for (const channel of ['news', 'weather']) client.subscribe(channel)
    await row(page, /subscribed\s*weather/).waitFor()
    await server.trigger('news', 'headline', { n: 1 })
    await server.trigger('weather', 'rain', { n: 2 })
    await row(page, 'rain on weather').waitFor()

    const news = page.locator('#channels').getByRole('button', { name: 'news' })
    await news.click()
    await expectRows(page, ['headline on news', 'subscribed'])
    await page.getByRole('button', { name: 'Subscriptions' }).click()
    await expectRows(page, ['headline on news'])
    await page.getByRole('button', { name: 'Subscriptions' }).click()
    await news.click()
    await page.getByLabel('Search').fill('"n":2')
    await expectRows(page, ['rain on weather'])
    await page.getByLabel('Search').fill('')
    await page.evaluate("location.hash = 'channel=weather'")
    await expectRows(page, ['rain on weather', 'subscribed'])
    await page.locator('#channel-filter').fill('')

    await page.getByRole('button', { name: 'Pause' }).click()
    await server.trigger('news', 'unseen', {})
    await page.getByText('Paused; 2 new.').waitFor()
    expect(await row(page, 'unseen').count()).toBe(0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await row(page, 'unseen on news').waitFor()
  }, 30_000)

  async function expectRows(page: Page, texts: readonly string[]): Promise<void> {
    const rows = page.locator('#entries li')
    await expect.poll(() => rows.count()).toBe(texts.length)
    for (const [index, text] of texts.entries()) expect(await rows.nth(index).textContent()).toContain(text)
  }

  test('triggers an event and copies a payload, by keyboard', async () => {
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] })
    const received = new Promise((resolve) => connect().subscribe('news').bind('greeting', resolve))
    await row(page, /subscribed\s*news/).waitFor()
    await page.locator('form [name=channel]').focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('news')
    for (const key of ['Tab', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key)
    await page.getByText('Sent to 1 connection.').waitFor()
    expect(await received).toEqual({ text: 'Hello' })

    const event = row(page, 'greeting on news')
    await event.locator('summary').focus()
    await page.keyboard.press('Enter')
    await event.getByRole('button', { name: 'Copy data' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe('{"text":"Hello"}')

    await page.locator('form [name=channel]').fill('no such channel')
    await page.locator('form').getByRole('button').click()
    await page.getByText('Validation failed: a channel must be').waitFor()
  }, 30_000)

  test('fills in the address and the keys of this service', async () => {
    const page = await open()
    const snippets = page.locator('#snippets')
    const text = await snippets.textContent()
    for (const part of [
      `PINGERCHIPS_ENDPOINT=${service.url}`,
      'local-secret',
      `wsPort: ${service.port}`,
      "'local-key'",
    ])
      expect(text).toContain(part)
    const frameworks = await page.getByLabel('Framework').locator('option').allTextContents()
    expect(frameworks.slice(0, 4)).toEqual(['Express', 'Fastify', 'Hono', 'Koa'])
    await page.getByLabel('Framework').selectOption('Koa')
    await snippets.getByText('@pingerchips/koa').waitFor()
  }, 30_000)

  test('shows a sample, counts all and stays responsive under load', async () => {
    const page = await open()
    connect().subscribe('news')
    await row(page, /subscribed\s*news/).waitFor()
    const events = 900
    for (let sent = 0; sent < events; sent += 30)
      await Promise.all(Array.from({ length: 30 }, (_, i) => server.trigger('news', 'tick', { n: sent + i })))
    await page.getByRole('button', { name: `Events ${events}` }).waitFor()
    await page.getByText('arrived too fast to be shown, and were counted').waitFor()
    expect(await page.locator('#entries li').count()).toBeLessThanOrEqual(200)
    await page.getByRole('button', { name: 'Clear' }).click({ timeout: 2000 })
    await expect.poll(() => page.locator('#entries li').count()).toBe(0)
  }, 30_000)

  test('shows one app at a time, with the entries of no app', async () => {
    const { port } = service
    await service.close()
    const other = { id: 'other', key: 'other-key', secret: 'other-secret' }
    service = await startLocal({ port, apps: [defaultApp, other] })
    const page = await open()
    connect().subscribe('news')
    await row(page, /subscribed\s*news/).waitFor()
    await fetch(`${service.url}/api/apps/unknown/trigger`, { method: 'POST' })
    await row(page, 'No app here has this key').waitFor()
    await page.getByRole('combobox', { name: 'App' }).selectOption('other')
    await expectRows(page, ['No app here has this key'])
    await page.getByRole('button', { name: 'Subscriptions 0' }).waitFor()
    await page.getByText('No connections.').waitFor()
    const text = await page.locator('#snippets').textContent()
    expect(text).toContain("new Pusher('other-key'")
    expect(text).not.toContain(other.secret)
  }, 30_000)

  test('shows webhooks with their response, sends one again, and marks client events that Pusher refuses', async () => {
    const received: string[] = []
    const app = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => received.push(text))
      request.on('end', () => response.writeHead(received.length === 1 ? 500 : 200).end('from the app'))
    })
    const { port } = service
    await service.close()
    service = await startLocal({ port, webhooks: `${app.url}/webhooks` })
    try {
      const page = await open()
      const client = connect()
      const channel = client.subscribe('chat')
      await row(page, /webhook\s*channel_occupied, subscription_count on chat/)
        .getByText('from the app; next attempt in 250 ms')
        .waitFor()
      const accepted = row(page, /webhook.*attempt 2/)
      await accepted.locator('summary').click()
      await accepted.getByRole('group', { name: 'response' }).getByText('from the app').waitFor()
      await accepted.getByRole('button', { name: 'Send again' }).click()
      await expect.poll(() => received.length).toBe(3)
      expect(received).toEqual([received[0], received[0], received[0]])

      channel.trigger('client-message', { text: 'Hello' })
      const event = row(page, /client event\s*client-message on chat/)
      await event.getByText('a Pusher cluster refuses this').waitFor()
      await event.locator('summary').click()
      await event.getByText('publicClientEvents: false').waitFor()
    } finally {
      await app.close()
    }
  }, 30_000)

  test('keeps the log over a reload, downloads it, and triggers an event again', async () => {
    const page = await open({ acceptDownloads: true })
    const channel = connect().subscribe('news')
    await row(page, /subscribed\s*news/).waitFor()
    await server.trigger('news', 'headline', { n: 1 })
    await row(page, 'headline on news').waitFor()
    await page.reload()
    await row(page, /subscribed\s*news/).waitFor()
    await page.getByRole('button', { name: 'Events 1' }).waitFor()

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ])
    const entries = JSON.parse(readFileSync(await download.path(), 'utf8'))
    expect(download.suggestedFilename()).toBe('pingerchips-log.json')
    expect(entries).toContainEqual(expect.objectContaining({ type: 'event', event: 'headline', data: '{"n":1}' }))

    const received = new Promise((resolve) => channel.bind('headline', resolve))
    await row(page, 'headline on news').locator('summary').click()
    await page.getByRole('button', { name: 'Trigger again' }).click()
    expect(await received).toEqual({ n: 1 })
    await page.getByText('Sent to 1 connection.').waitFor()
  }, 30_000)

  test('reconnects to its service', async () => {
    const page = await open()
    await service.close()
    await page.getByText('no connection; retrying').waitFor()
    service = await startLocal({ port: service.port })
    await page.getByText('live', { exact: true }).waitFor()
    connect().subscribe('news')
    await row(page, /subscribed\s*news/).waitFor()
    // The browser says of itself that it could not connect meanwhile.
    expect(complaints.splice(0).every((text) => text.includes('WebSocket connection'))).toBe(true)
  }, 30_000)
})
