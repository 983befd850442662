import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ask, backend, channelAuth, connect, enter, next, pusher, pusherRequest, signIn, start } from './harness.ts'

describe('a presence channel without channel_data', () => {
  test('takes the member from the sign-in', async () => {
    const service = await start()
    const [watcher, client] = [await connect(service), await connect(service)]
    await enter(watcher, 'presence-a', 'watcher')
    await signIn(client, { id: 'ada', user_info: { name: 'Ada' }, other: 'private' })
    const auth = channelAuth(client, 'presence-a')
    expect(await client.subscribe('presence-a', { auth })).toMatchObject({
      event: 'pusher_internal:subscription_succeeded',
      data: expect.stringContaining('"ada":{"name":"Ada"}'),
    })
    expect(await watcher.frame()).toMatchObject({
      event: 'pusher_internal:member_added',
      data: '{"user_id":"ada","user_info":{"name":"Ada"}}',
    })
  })

  test('is refused before the sign-in', async () => {
    const client = await connect(await start())
    expect(await client.subscribe('presence-a', { auth: channelAuth(client, 'presence-a') })).toMatchObject({
      event: 'pusher:subscription_error',
      data: { status: 401, error: expect.stringContaining('sign-in') },
    })
  })

  test('still needs the app to authorize it', async () => {
    const client = await connect(await start())
    await signIn(client, { id: 'ada' })
    expect(await client.subscribe('presence-a')).toMatchObject({ event: 'pusher:subscription_error' })
  })
})

describe('a member', () => {
  test.each<[string, unknown, unknown, string]>([
    ['an id of 129 characters', 'u'.repeat(129), undefined, 'at most 128 characters (received 129)'],
    ['user_info that is text', '1', 'Ada', 'user_info must be an object'],
    ['user_info that is an array', '1', ['Ada'], 'user_info must be an object'],
    ['user_info over 1 KB', '1', { text: 'x'.repeat(1014) }, 'at most 1024 bytes (received 1025)'],
  ])('with %s is refused', async (_what, id, info, error) => {
    const client = await connect(await start())
    expect(await enter(client, 'presence-a', id, info)).toMatchObject({
      event: 'pusher:subscription_error',
      data: { type: 'AuthError', error: expect.stringContaining(error), status: 401 },
    })
  })

  test('at the limits is accepted', async () => {
    const client = await connect(await start())
    expect(await enter(client, 'presence-a', 'u'.repeat(128), { text: 'x'.repeat(1013) })).toMatchObject({
      event: 'pusher_internal:subscription_succeeded',
    })
  })

  test('over the limit of the channel is refused; another connection of a member is not', async () => {
    const service = await start({ memberLimit: 2 })
    const clients = [await connect(service), await connect(service), await connect(service), await connect(service)]
    const results = []
    for (const [index, id] of ['1', '2', '3', '2'].entries()) {
      const client = clients[index]
      if (client !== undefined) results.push((await enter(client, 'presence-a', id)).event)
    }
    const [ok, refused] = ['pusher_internal:subscription_succeeded', 'pusher:subscription_error']
    expect(results).toEqual([ok, ok, refused, ok])
  })
})

describe('signInTimeout', () => {
  test('closes a client that does not sign in with 4009, and no other', async () => {
    const service = await start({ signInTimeout: 10 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const [silent, signedIn] = [await connect(service), await connect(service)]
    await signIn(signedIn, { id: 'ada' })
    vi.advanceTimersByTime(9999)
    expect(await silent.pending()).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await silent.frame()).toMatchObject({ event: 'pusher:error', data: { code: 4009 } })
    expect(await silent.closed).toBe(4009)
    expect(await signedIn.pending()).toEqual([])
  })
})

describe('subscription counts', () => {
  const count = (channel: string, n: number) => ({
    event: 'pusher_internal:subscription_count',
    channel,
    data: JSON.stringify({ subscription_count: n }),
  })

  test('are sent to all subscribers on every change, except on presence channels', async () => {
    const service = await start({ subscriptionCount: true })
    const [first, second] = [await connect(service), await connect(service)]
    await first.subscribe('news')
    expect(await first.pending()).toEqual([count('news', 1)])
    await second.subscribe('news')
    expect(await first.pending()).toEqual([count('news', 2)])
    second.close()
    expect(await first.frame()).toEqual(count('news', 1))
    await enter(first, 'presence-a', '1')
    expect(await first.pending()).toEqual([])
  })

  test('reach pusher-js', async () => {
    const channel = pusher(await start({ subscriptionCount: true })).subscribe('news')
    expect(await next(channel, 'pusher:subscription_count')).toEqual({ subscription_count: 1 })
    expect(channel.subscriptionCount).toBe(1)
  })

  test('are off by default', async () => {
    const client = await connect(await start())
    await client.subscribe('news')
    expect(await client.pending()).toEqual([])
  })

  test('over 100 subscribers are sent at most every 5 seconds', async () => {
    const service = await start({ subscriptionCount: true })
    const clients = await Promise.all(Array.from({ length: 100 }, () => connect(service)))
    for (const client of clients) await client.subscribe('news')
    await Promise.all(clients.map((client) => client.pending()))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const late = [await connect(service), await connect(service)] as const
    for (const client of late) await client.subscribe('news')
    expect(await late[0].pending()).toEqual([])
    vi.advanceTimersByTime(5000)
    expect(await late[0].frame()).toEqual(count('news', 102))
  })
})

describe('info of the Pusher HTTP API', () => {
  test('returns the counts of a trigger and of a batch', async () => {
    const service = await start()
    const client = await connect(service)
    await client.subscribe('news')
    await enter(client, 'presence-a', '1')
    const post = async (path: string, body: object) =>
      (await ask(service, pusherRequest('POST', `/apps/local/${path}`, JSON.stringify(body)))).body
    const event = { name: 'e', data: '1' }
    expect(await post('events', { ...event, channels: ['news', 'empty'], info: 'subscription_count' })).toEqual({
      channels: { news: { subscription_count: 1 }, empty: { subscription_count: 0 } },
    })
    expect(await post('events', { ...event, channel: 'presence-a', info: 'subscription_count,user_count' })).toEqual({
      channels: { 'presence-a': { subscription_count: 1, user_count: 1 } },
    })
    const batch = [
      { ...event, channel: 'news', info: 'subscription_count' },
      { ...event, channel: 'presence-a', info: 'user_count' },
      { ...event, channel: 'empty' },
    ]
    expect(await post('batch_events', { batch })).toEqual({ batch: [{ subscription_count: 1 }, { user_count: 1 }, {}] })
    expect(await post('batch_events', { batch: [{ ...event, channel: 'news' }] })).toEqual({})
  })

  test('returns them to the npm package pusher', async () => {
    const response = await backend(await start()).trigger('news', 'e', 1, { info: 'subscription_count' })
    expect(await response.json()).toEqual({ channels: { news: { subscription_count: 0 } } })
  })
})

test('every response has a Content-Length', async () => {
  const service = await start()
  for (const request of [
    { method: 'GET', path: '/' },
    { method: 'GET', path: '/nowhere' },
    pusherRequest('GET', '/apps/local/channels'),
    { path: '/apps/local/events', body: 'ü' },
    { path: '/api/trigger', body: '{"appId":"ü"}' },
    { path: '/api/trigger', body: 'x'.repeat(1_048_577) },
    { method: 'DELETE', path: '/api/trigger' },
  ])
    expect((await ask(service, request)).headers).toMatchObject({ 'content-length': expect.stringMatching(/^\d+$/) })
})
