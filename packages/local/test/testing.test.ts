import { PingerchipsServer } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type LocalOptions, startLocal as startPlain } from '../src/index.ts'
import { fakeRequest, startLocal } from '../src/testing.ts'
import { connect, next, pusher } from './harness.ts'

async function start(options: LocalOptions = {}) {
  const service = await startLocal(options)
  onTestFinished(() => service.close())
  const client = PingerchipsServer.fromEnv(service.env)
  onTestFinished(() => client.close())
  return { service, client }
}

/** The message of what a promise rejects with. */
function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  )
}

describe('triggered()', () => {
  test('resolves for past and future triggers', async () => {
    const { service, client } = await start()
    await client.trigger('private-user-1', 'order-update', { order: 7 })
    const expected = { channel: 'private-user-1', event: 'order-update', data: { order: 7 }, receivers: 0 }
    expect(await service.triggered('private-user-1', 'order-update')).toEqual(expected)
    const coming = service.triggered('private-user-2', 'order-update')
    await client.trigger('private-user-2', 'order-update', null)
    expect(await coming).toEqual({ ...expected, channel: 'private-user-2', data: null })
  })

  test('ignores entries before clear(), and counts receivers', async () => {
    const { service, client } = await start()
    await client.trigger('orders', 'created', 1)
    service.clear()
    const browser = pusher(service)
    browser.subscribe('orders')
    await service.subscribed('orders')
    await client.trigger('orders', 'created', 2)
    expect(await service.triggered('orders', 'created')).toMatchObject({ data: 2, receivers: 1 })
  })

  test('finds every channel of an event, and text that is not JSON', async () => {
    const { service } = await start()
    const client = PingerchipsServer.fromEnv(service.env, { protocol: 'pusher' })
    onTestFinished(() => client.close())
    await client.trigger(['orders', 'news'], 'created', 'text')
    expect(await service.triggered('news', 'created')).toMatchObject({ channel: 'news', data: 'text' })
  })

  test('ignores client events', async () => {
    const { service } = await start()
    const [ada, bob] = [pusher(service), pusher(service)]
    const received = next(bob.subscribe('private-chat'), 'client-typing')
    const channel = ada.subscribe('private-chat')
    await next(channel, 'pusher:subscription_succeeded')
    await service.subscribed('private-chat')
    channel.trigger('client-typing', {})
    await received
    expect(await failure(service.triggered('private-chat', 'client-typing', { timeout: 20 }))).toContain(
      '- "client-typing" was sent by a client on private-chat',
    )
  })

  test('rejects with what was triggered instead, nearest first', async () => {
    const { service, client } = await start()
    await client.trigger('news', 'published', {})
    await client.trigger('private-user-1', 'other', {})
    await client.trigger('private-user-2', 'order-update', {})
    const wrong = PingerchipsServer.fromEnv({ ...service.env, PINGERCHIPS_APP_SECRET: 'wrong' })
    onTestFinished(() => wrong.close())
    await wrong.trigger('private-user-1', 'order-update', {}).catch(() => {})
    const said = await failure(service.triggered('private-user-1', 'order-update', { timeout: 20 }))
    expect(said.split('\n')).toEqual([
      '"order-update" was not triggered on private-user-1 within 20 ms. Instead:',
      '- "other" was triggered on private-user-1',
      '- "order-update" was triggered on private-user-2',
      '- "published" was triggered on news',
      expect.stringMatching(/^- POST \S+ failed with 403 Invalid signature\. Most likely the secret is wrong/),
    ])
  })

  test('rejects with the endpoint if the service received nothing', async () => {
    const { service } = await start()
    expect(await failure(service.triggered('a', 'b', { timeout: 1 }))).toContain(service.url)
  })

  test('rejects with a few entries at most', async () => {
    const { service, client } = await start()
    for (let i = 0; i < 8; i++) await client.trigger(`orders-${i}`, 'created', {})
    const said = await failure(service.triggered('orders', 'created', { timeout: 1 }))
    expect(said.split('\n')).toHaveLength(7)
    expect(said).toContain('- and 3 more')
  })

  test('rejects when the service is closed', async () => {
    const { service } = await start()
    const waiting = failure(service.triggered('a', 'b', { timeout: 60_000 }))
    await service.close()
    expect(await waiting).toContain('closed')
  })
})

describe('subscribed()', () => {
  test('resolves with the connection and its member', async () => {
    const { service } = await start()
    const browser = pusher(service, { user_id: '1', user_info: { name: 'Ada' } })
    browser.subscribe('presence-lobby')
    expect(await service.subscribed('presence-lobby')).toMatchObject({
      channel: 'presence-lobby',
      socketId: browser.connection.socket_id,
      member: { user_id: '1', user_info: { name: 'Ada' } },
    })
  })

  test('rejects with what happened instead', async () => {
    const { service } = await start()
    const client = await connect(service)
    await client.subscribe('orders')
    await client.subscribe('presence-lobby', { auth: 'local-key:0' })
    const said = await failure(service.subscribed('presence-lobby', { timeout: 20 }))
    expect(said).toMatch(
      /^presence-lobby was not subscribed to within 20 ms\. Instead:\n- presence-lobby was refused: /,
    )
    expect(said).toContain('- orders was subscribed to')
    service.clear()
    expect(await failure(service.subscribed('orders', { timeout: 1 }))).toContain(`wsPort ${service.port}`)
  })
})

describe('fail()', () => {
  test('makes only the next requests fail: the client retries', async () => {
    const { service, client } = await start()
    service.fail({ status: 503, times: 2 })
    await client.trigger('orders', 'created', {})
    expect(await failure(service.triggered('orders', 'missing', { timeout: 20 }))).toContain(
      'failed with 503 A fault that the test requested',
    )
    service.fail({ status: 422 })
    await expect(client.trigger('orders', 'created', {})).rejects.toMatchObject({ code: 'validation_failed' })
    await client.trigger('orders', 'created', {})
  })

  test('sends Retry-After', async () => {
    const { service } = await start()
    service.fail({ status: 429, retryAfter: 7 })
    const answer = await fetch(`${service.url}/api/trigger`, { method: 'POST', body: '{}' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await fetch(service.url)).status, 'not of an app').toBe(200)
  })

  test('with a long delay is a time-out', async () => {
    const { service } = await start()
    const client = PingerchipsServer.fromEnv(service.env, { timeout: 50, retries: 0 })
    onTestFinished(() => client.close())
    service.fail({ status: 503, delay: 60_000 })
    await expect(client.trigger('orders', 'created', {})).rejects.toMatchObject({ code: 'timeout', outcome: 'unknown' })
    // The minute is not waited for.
    await service.close()
  })

  test('is undone by clear()', async () => {
    const { service, client } = await start()
    service.fail({ status: 422, times: 100 })
    service.clear()
    await client.trigger('orders', 'created', {})
  })

  test.each([
    [{ status: 200 }, 'status'],
    [{ status: 503.5 }, 'status'],
    [{ status: 503, times: 0 }, 'times'],
    [{ status: 503, times: Number.NaN }, 'times'],
    [{ status: 503, retryAfter: -1 }, 'retryAfter'],
    [{ status: 503, delay: Number.POSITIVE_INFINITY }, 'delay'],
    [{ status: 503, delay: '1' as unknown as number }, 'delay'],
    [{ status: 503, after: 1 }, 'after'],
  ])('refuses %j', async (fault, option) => {
    const { service } = await start()
    expect(() => service.fail(fault)).toThrow(new RegExp(`^service\\.fail: ${option} `))
  })
})

describe('fakeRequest', () => {
  const client = new PingerchipsServer('local', 'local-secret', { appKey: 'local-key' })
  const received: unknown[] = []
  const endpoint = fetchHandler({
    client,
    user: (_, { authInfo }) => ({ id: '1', authInfo }),
    authorize: ({ channel, user }) => {
      received.push(user.authInfo)
      return channel === 'private-user-1'
    },
    signin: ({ user }) => ({ id: user.id }),
    webhooks: { handler: (events) => void received.push(...events) },
  })
  const send = async (request: { url: string; method: string; headers: Record<string, string>; body: string }) => {
    const answer = await endpoint(new Request(`http://app.test${request.url}`, request))
    return [answer.status, await answer.json().catch(() => undefined)]
  }

  test.each([{ client: 'pusher-js' }, { client: 'pingerchips-js' }, {}] as const)(
    'creates the authorization request of %j',
    async (as) => {
      const { auth } = client.authenticate('1234.5678', 'private-user-1')
      expect(await send(fakeRequest.auth({ channel: 'private-user-1', ...as }))).toEqual([200, { auth }])
      expect(await send(fakeRequest.auth({ channel: 'private-user-2', ...as }))).toEqual([
        403,
        { error: 'Access denied' },
      ])
      const other = client.authenticate('7.8', 'private-user-1')
      expect(await send(fakeRequest.auth({ channel: 'private-user-1', socketId: '7.8', ...as }))).toEqual([200, other])
    },
  )

  test('contains params, authInfo and headers', async () => {
    received.length = 0
    await send(fakeRequest.auth({ channel: 'private-user-1', client: 'pingerchips-js', authInfo: { token: 't' } }))
    expect(received).toEqual([{ token: 't' }])
    const { headers, body, url } = fakeRequest.auth({
      channel: 'private-user-1',
      path: '/auth',
      params: { tenant: 'a&b' },
      headers: { cookie: 'session=1' },
    })
    expect([url, headers, body]).toEqual([
      '/auth',
      { 'content-type': 'application/x-www-form-urlencoded', cookie: 'session=1' },
      'socket_id=1234.5678&channel_name=private-user-1&tenant=a%26b',
    ])
  })

  test('creates a sign-in request', async () => {
    expect(await send(fakeRequest.signin())).toEqual([200, client.authenticateUser('1234.5678', { id: '1' })])
  })

  test('creates a signed webhook', async () => {
    received.length = 0
    const events = [{ name: 'channel_occupied', channel: 'orders' }]
    expect((await send(fakeRequest.webhook(events)))[0]).toBe(200)
    expect(received).toEqual(events)
    const other = { key: 'local-key', secret: 'other' }
    expect((await send(fakeRequest.webhook(events, { app: other })))[0]).toBe(401)
    const old = await send(fakeRequest.webhook(events, { timeMs: Date.now() - 3_600_000 }))
    expect(old[0]).toBe(401)
  })
})

test('the service of the test kit is the ordinary one if no fault is pending', async () => {
  const service = await startPlain()
  onTestFinished(() => service.close())
  expect(Object.keys(service)).not.toContain('fail')
  const first = { id: 'a', key: 'b', secret: 'c' }
  expect((await start({ apps: [first] })).service.env).toEqual({
    PINGERCHIPS_APP_ID: 'a',
    PINGERCHIPS_APP_KEY: 'b',
    PINGERCHIPS_APP_SECRET: 'c',
    PINGERCHIPS_ENDPOINT: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  })
  await expect(startLocal({ ports: 1 } as LocalOptions)).rejects.toThrow('startLocal: ports is not an option')
})
