import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { defaultApp, type LocalOptions, type LogEntry, startLocal, type WebhookEvent } from '../src/index.ts'
import { backend, channelAuth, connect, enter, startLogged } from './harness.ts'

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly events: readonly WebhookEvent[]
}

/** An app with a webhook endpoint on a port of its own, which can be stopped and started. */
async function webhookApp() {
  const received: Received[] = []
  let onRequest = () => {}
  const app = { status: 200, port: 0, received, url: '', start, stop, events, until }
  let server = createServer()

  async function listener(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    received.push({ headers: request.headers, body, events: JSON.parse(body).events })
    response.writeHead(app.status).end('thanks')
    onRequest()
  }
  async function start(): Promise<void> {
    server = createServer((request, response) => void listener(request, response)).listen(app.port, '127.0.0.1')
    await once(server, 'listening')
    app.port = (server.address() as AddressInfo).port
    app.url = `http://127.0.0.1:${app.port}/pingerchips/webhooks`
  }
  async function stop(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  /** All events of the requests so far. */
  function events(): WebhookEvent[] {
    return received.flatMap((webhook) => webhook.events)
  }
  /** Waits until the requests so far satisfy a condition. */
  async function until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        onRequest = resolve
      })
  }
  await start()
  onTestFinished(() => stop())
  return app
}

async function startWithWebhooks() {
  const app = await webhookApp()
  return { app, ...(await startLogged({ webhooks: app.url })) }
}

describe('webhooks', () => {
  test('of every kind are sent, in order', async () => {
    const { app, service } = await startWithWebhooks()
    const [first, second] = [await connect(service), await connect(service)]
    await enter(first, 'presence-a', '1')
    await enter(second, 'presence-a', '2')
    await first.frame()
    first.send({ event: 'client-typing', channel: 'presence-a', data: { n: 1 } })
    await second.frame()
    second.send({ event: 'pusher:unsubscribe', data: { channel: 'presence-a' } })
    await first.frame()
    await first.subscribe('cache-news')
    first.send({ event: 'pusher:unsubscribe', data: { channel: 'cache-news' } })
    await app.until(() => app.events().some(({ name }) => name === 'channel_vacated'))
    const [presence, cache] = [{ channel: 'presence-a' }, { channel: 'cache-news' }]
    expect(app.events()).toEqual([
      { name: 'channel_occupied', ...presence },
      { name: 'member_added', ...presence, user_id: '1' },
      { name: 'member_added', ...presence, user_id: '2' },
      {
        name: 'client_event',
        ...presence,
        event: 'client-typing',
        data: '{"n":1}',
        socket_id: first.socketId,
        user_id: '1',
      },
      { name: 'member_removed', ...presence, user_id: '2' },
      { name: 'channel_occupied', ...cache },
      { name: 'subscription_count', ...cache, subscription_count: 1 },
      { name: 'cache_miss', ...cache },
      { name: 'subscription_count', ...cache, subscription_count: 0 },
      { name: 'channel_vacated', ...cache },
    ])
  })

  test('are signed: the exact body, with the key and the secret of the app', async () => {
    const { app, service } = await startWithWebhooks()
    await (await connect(service)).subscribe('news')
    await app.until(() => app.received.length > 0)
    const [{ headers, body } = { headers: {}, body: '' }] = app.received
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-pusher-key': defaultApp.key,
      'x-pusher-signature': createHmac('sha256', defaultApp.secret).update(body).digest('hex'),
    })
    expect(JSON.parse(body).time_ms).toBeCloseTo(Date.now(), -4)
    const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })
    expect(await client.webhook({ headers, rawBody: body })).toMatchObject({ ok: true })
    await client.close()
  })

  test('are sent in batches', async () => {
    const { app, service } = await startWithWebhooks()
    const client = await connect(service)
    for (let i = 0; i < 150; i += 1) client.send({ event: 'pusher:subscribe', data: { channel: `room-${i}` } })
    await app.until(() => app.events().length === 300)
    expect(app.received.length).toBeLessThan(10)
    for (const { events } of app.received) expect(events.length).toBeLessThanOrEqual(100)
  })

  test('can be filtered by event and by channel', async () => {
    const app = await webhookApp()
    const webhooks = { url: app.url, events: ['channel_occupied'], channelPrefix: 'room-' } as const
    const { service } = await startLogged({ webhooks })
    const client = await connect(service)
    for (const channel of ['news', 'room-1', 'room-2']) await client.subscribe(channel)
    await app.until(() => app.events().length === 2)
    expect(app.events().map(({ name, channel }) => `${name} ${channel}`)).toEqual([
      'channel_occupied room-1',
      'channel_occupied room-2',
    ])
  })

  test('survive an app that is down: the same bytes arrive once it is back, in order', async () => {
    const { app, service, upTo } = await startWithWebhooks()
    await app.stop()
    const client = await connect(service)
    for (const channel of ['a', 'b']) await client.subscribe(channel)
    expect((await upTo('webhook')).at(-1)).toMatchObject({ attempt: 1, error: 'ECONNREFUSED', retryMs: 250 })
    await client.subscribe('c')
    expect((await upTo('webhook')).at(-1)).toMatchObject({ attempt: 2, error: 'ECONNREFUSED', retryMs: 500 })
    await app.start()
    await app.until(() => app.events().length === 6)
    expect(app.events().filter(({ name }) => name === 'channel_occupied')).toMatchObject([
      { channel: 'a' },
      { channel: 'b' },
      { channel: 'c' },
    ])
  })

  test('are retried after a status that is no success, with the same bytes', async () => {
    const { app, service, upTo } = await startWithWebhooks()
    app.status = 500
    await (await connect(service)).subscribe('a')
    expect((await upTo('webhook')).at(-1)).toMatchObject({ attempt: 1, status: 500, response: 'thanks', retryMs: 250 })
    app.status = 204
    expect((await upTo('webhook')).at(-1)).toMatchObject({ attempt: 2, status: 204, retryMs: undefined })
    const [first, second] = app.received
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['x-pusher-signature']).toBe(first?.headers['x-pusher-signature'])
  })

  test('are logged without the query of the URL and without a secret', async () => {
    const app = await webhookApp()
    const { service, upTo } = await startLogged({ webhooks: `${app.url}?token=canary` })
    await (await connect(service)).subscribe('a')
    const entry = (await upTo('webhook')).at(-1)
    expect(entry).toMatchObject({ app: 'local', url: app.url, status: 200 })
    expect(JSON.stringify(entry)).not.toMatch(/canary|local-secret/)
  })

  test('end with the service', async () => {
    const app = await webhookApp()
    await app.stop()
    const service = await startLocal({ webhooks: app.url })
    const entries: LogEntry[] = []
    service.onLog((entry) => entries.push(entry))
    const client = await connect(service)
    await client.subscribe('a')
    await service.close()
    const count = entries.length
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(entries.length).toBe(count)
    await app.start()
  })

  test.each<[unknown, string]>([
    ['/webhooks', 'must have an absolute http or https URL'],
    ['ftp://a/b', 'must have an absolute http or https URL'],
    ['http://a:hidden@b/', 'without a user name'],
    [7, 'must be a URL or an object'],
    [{}, 'must have an absolute'],
    [{ url: 'http://a/', name: 1 }, "has an unknown option 'name' (expected url, events, channelPrefix)"],
    [{ url: 'http://a/', events: ['occupied'] }, 'must have events of channel_occupied'],
    [{ url: 'http://a/', events: 'channel_occupied' }, 'must have events of'],
    [{ url: 'http://a/', channelPrefix: 1 }, 'must have text as channelPrefix'],
  ])('the option refuses %j', async (webhooks, message) => {
    const error: unknown = await startLocal({ webhooks } as LocalOptions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toContain(message)
    expect(String(error)).not.toContain('hidden')
  })

  test('are sent again at the request of the console', async () => {
    const { app, service, upTo } = await startWithWebhooks()
    await (await connect(service)).subscribe('a')
    const sent = (await upTo('webhook')).at(-1)
    const page = new WebSocket(`${service.url.replace('http', 'ws')}/console`, { origin: service.url })
    onTestFinished(() => page.terminate())
    await once(page, 'open')
    page.send(JSON.stringify({ type: 'resend', app: 'local', id: 'unknown' }))
    page.send(JSON.stringify({ type: 'resend', app: 'local', id: sent?.type === 'webhook' ? sent.id : '' }))
    expect((await upTo('webhook')).at(-1)).toMatchObject({ type: 'webhook', status: 200 })
    expect(app.received.map(({ body }) => body)).toEqual([app.received[0]?.body, app.received[0]?.body])
  })

  test('of a channel that only backends use are none', async () => {
    const { app, service } = await startWithWebhooks()
    await backend(service).trigger('news', 'e', 1)
    const client = await connect(service)
    await client.subscribe('private-a', { auth: channelAuth(client, 'private-a') })
    await app.until(() => app.events().length === 2)
    expect(app.events()).toEqual([
      { name: 'channel_occupied', channel: 'private-a' },
      { name: 'subscription_count', channel: 'private-a', subscription_count: 1 },
    ])
  })
})
