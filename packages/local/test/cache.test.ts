import { describe, expect, test } from 'vitest'
import { ask, backend, channelAuth, connect, enter, next, pusher, pusherRequest, start } from './harness.ts'

const kinds = ['cache-a', 'private-cache-a', 'presence-cache-a', 'private-encrypted-cache-a']

describe('cache channels in pusher-js', () => {
  test.each(kinds)('%s: pusher:cache_miss, then the last event', async (channel) => {
    const service = await start()
    const first = pusher(service, { user_id: '1' }).subscribe(channel)
    const missed = next(first, 'pusher:cache_miss')
    await next(first, 'pusher:subscription_succeeded')
    await missed
    for (const n of [1, 2]) await backend(service).trigger(channel, 'update', { n })
    const late = pusher(service, { user_id: '2' })

    expect(await next(late.subscribe(channel), 'update')).toEqual({ n: 2 })
  })
})

describe('a cache channel', () => {
  test.each(kinds.filter((name) => name !== 'cache-a'))(
    '%s sends the event right after the confirmation',
    async (name) => {
      const service = await start()
      await backend(service).trigger(name, 'update', 'x')
      const client = await connect(service)
      if (name.startsWith('presence-')) await enter(client, name, '1')
      else await client.subscribe(name, { auth: channelAuth(client, name) })
      expect((await client.pending())[0]).toMatchObject({ event: 'update', channel: name })
    },
  )

  test('sends pusher:cache_miss without an event', async () => {
    const client = await connect(await start())
    await client.subscribe('cache-a')
    expect(await client.pending()).toEqual([{ event: 'pusher:cache_miss', channel: 'cache-a' }])
  })

  test('keeps no client event, and no other channel is cached', async () => {
    const service = await start()
    const sender = await connect(service)
    for (const channel of ['cache-a', 'cached', 'a-cache-b', 'private-a'])
      await sender.subscribe(channel, { auth: channelAuth(sender, channel) })
    sender.send({ event: 'client-x', channel: 'cache-a', data: 1 })
    await backend(service).trigger(['cached', 'a-cache-b', 'private-a'], 'e', 1)
    await sender.pending()
    const late = await connect(service)
    for (const channel of ['cached', 'a-cache-b', 'private-a'])
      await late.subscribe(channel, { auth: channelAuth(late, channel) })
    await late.subscribe('cache-a')
    expect(await late.pending()).toEqual([{ event: 'pusher:cache_miss', channel: 'cache-a' }])
  })

  test('keeps the event for 30 minutes, also without subscribers', async () => {
    let clock = 1_700_000_000_000
    const service = await start({ now: () => clock })
    const minute = 60_000
    const get = () =>
      ask(
        service,
        pusherRequest('GET', '/apps/local/channels/cache-a', '', {
          auth_timestamp: String(Math.floor(clock / 1000)),
          info: 'cache',
        }),
      )
    const body = JSON.stringify({ name: 'e', channel: 'cache-a', data: '1' })
    await ask(service, pusherRequest('POST', '/apps/local/events', body, { auth_timestamp: String(clock / 1000) }))
    expect(await get()).toMatchObject({ body: { occupied: false, cache: { data: '1', ttl: 1800 } } })
    clock += 29 * minute
    expect(await get()).toMatchObject({ body: { cache: { data: '1', ttl: 60 } } })
    clock += minute
    expect(await get()).toMatchObject({ body: { occupied: false, cache: null } })
    const client = await connect(service)
    await client.subscribe('cache-a')
    expect(await client.frame()).toMatchObject({ event: 'pusher:cache_miss' })
  })

  test('the events of at most 1000 channels are kept, the newest', async () => {
    const service = await start({ eventsPerSecond: 10_000 })
    for (let batch = 0; batch < 11; batch += 1)
      await backend(service).trigger(
        Array.from({ length: 100 }, (_, i) => `cache-${batch * 100 + i}`),
        'e',
        1,
      )
    const client = await connect(service)
    await client.subscribe('cache-0')
    expect((await client.pending())[0]?.event).toBe('pusher:cache_miss')
    await client.subscribe('cache-1099')
    expect((await client.pending())[0]?.event).toBe('e')
  })
})
