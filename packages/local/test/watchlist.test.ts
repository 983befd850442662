import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { LocalService } from '../src/index.ts'
import { ask, connect, hmac, next, type PusherClient, pusher, pusherRequest, signIn, start } from './harness.ts'

const event = (name: string, ...ids: string[]) => ({ name, user_ids: ids })
const watchlistEvents = (...events: object[]) => ({
  event: 'pusher_internal:watchlist_events',
  data: JSON.stringify({ events }),
})

/** A raw client that has signed in, and the frames that follow at once. */
async function user(service: LocalService, id: string, watchlist?: readonly string[]) {
  const client = await connect(service)
  await signIn(client, { id, watchlist })
  return { client, first: await client.pending() }
}

describe('pusher-js with a watchlist', () => {
  async function signedIn(service: LocalService, id: string): Promise<PusherClient> {
    const client = pusher(service, undefined, { id })
    client.signin()
    await next(client, 'pusher:signin_success')
    return client
  }

  test('receives who is online, who is offline, and every change', async () => {
    const service = await start()
    await signedIn(service, 'bob')
    const ann = pusher(service, undefined, { id: 'ann', watchlist: ['bob', 'carol', 'dan'] })
    const [online, offline] = [next(ann.user.watchlist, 'online'), next(ann.user.watchlist, 'offline')]
    ann.signin()
    expect(await online).toEqual(event('online', 'bob'))
    expect(await offline).toEqual(event('offline', 'carol', 'dan'))

    const came = next(ann.user.watchlist, 'online')
    const carol = await signedIn(service, 'carol')
    expect(await came).toEqual(event('online', 'carol'))
    const went = next(ann.user.watchlist, 'offline')
    carol.disconnect()
    expect(await went).toEqual(event('offline', 'carol'))
  })
})

describe('a watchlist', () => {
  test('that is empty sends nothing', async () => {
    const service = await start()
    for (const watchlist of [undefined, []]) expect((await user(service, '1', watchlist)).first).toEqual([])
  })

  test('sends no empty list of online or offline users', async () => {
    const service = await start()
    expect((await user(service, '1', ['2'])).first).toEqual([watchlistEvents(event('offline', '2'))])
    expect((await user(service, '2', ['1'])).first).toEqual([watchlistEvents(event('online', '1'))])
  })

  test('reports a user online from its first connection to its last', async () => {
    const service = await start()
    const watcher = await user(service, 'watcher', ['1'])
    const first = await user(service, '1')
    expect(await watcher.client.frame()).toEqual(watchlistEvents(event('online', '1')))
    const second = await user(service, '1')
    first.client.close()
    await first.client.closed
    expect(await watcher.client.pending()).toEqual([])
    second.client.terminate()
    expect(await watcher.client.frame()).toEqual(watchlistEvents(event('offline', '1')))
    await user(service, '1')
    expect(await watcher.client.frame()).toEqual(watchlistEvents(event('online', '1')))
  })

  test('reports to all connections of the watcher, and to no others', async () => {
    const service = await start()
    const watchers = [await user(service, 'w', ['1']), await user(service, 'w', ['1'])]
    const others = [await user(service, 'w'), await user(service, 'x', ['2'])]
    await user(service, '1')
    for (const { client } of watchers) expect(await client.pending()).toEqual([watchlistEvents(event('online', '1'))])
    for (const { client } of others) expect(await client.pending()).toEqual([])
  })

  test('reports only users who have signed in', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1'])
    const member = pusher(service, { user_id: '1' })
    await next(member.subscribe('presence-a'), 'pusher:subscription_succeeded')
    expect(await client.pending()).toEqual([])
  })

  test('may contain the user itself, and duplicates', async () => {
    const service = await start()
    const { client, first } = await user(service, '1', ['1', '2', '1', '2'])
    expect(first).toEqual([watchlistEvents(event('online', '1'), event('offline', '2'))])
    const again = await user(service, '1')
    again.client.close()
    await again.client.closed
    expect(await client.pending()).toEqual([])
  })

  test.each(['__proto__', 'constructor', 'a b:c'])('may contain %j', async (id) => {
    const service = await start()
    const { client, first } = await user(service, 'w', [id])
    expect(first).toEqual([watchlistEvents(event('offline', id))])
    await user(service, id)
    expect(await client.pending()).toEqual([watchlistEvents(event('online', id))])
  })

  test('is replaced by a second sign-in', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1'])
    await signIn(client, { id: 'w', watchlist: ['2'] })
    expect(await client.pending()).toEqual([watchlistEvents(event('offline', '2'))])
    await user(service, '1')
    expect(await client.pending()).toEqual([])
    await user(service, '2')
    expect(await client.pending()).toEqual([watchlistEvents(event('online', '2'))])
  })

  test('of more than 100 users keeps the first 100, and sends 4302', async () => {
    const service = await start()
    const ids = Array.from({ length: 101 }, (_, index) => `user-${index}`)
    const full = await user(service, 'full', ids.slice(0, 100))
    expect(full.first).toEqual([watchlistEvents(event('offline', ...ids.slice(0, 100)))])

    const client = await connect(service)
    expect(await signIn(client, { id: 'over', watchlist: ids })).toMatchObject({ event: 'pusher:signin_success' })
    expect(await client.pending()).toEqual([
      { event: 'pusher:error', data: { code: 4302, message: expect.stringContaining('first 100') } },
      watchlistEvents(event('offline', ...ids.slice(0, 100))),
    ])
    await user(service, 'user-100')
    expect(await client.pending()).toEqual([])
    await user(service, 'user-99')
    expect(await client.pending()).toEqual([watchlistEvents(event('online', 'user-99'))])
  })

  test('reports once a user whose connections were terminated or whose sign-in failed', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1', '2'])
    const [one, another, two] = [await user(service, '1'), await user(service, '1'), await user(service, '2')]
    await client.pending()
    await ask(service, pusherRequest('POST', '/apps/local/users/1/terminate_connections', '{}'))
    expect(await client.pending()).toEqual([watchlistEvents(event('offline', '1'))])
    two.client.send({ event: 'pusher:signin', data: { auth: `local-key:${hmac('x')}`, user_data: '{"id":"2"}' } })
    expect(await client.frame()).toEqual(watchlistEvents(event('offline', '2')))
    for (const gone of [one, another, two]) expect(await gone.client.closed).toBe(4009)
    expect(await client.pending()).toEqual([])
  })

  test('reports no user of another app', async () => {
    const other = { id: 'other', key: 'other-key', secret: 'local-secret' }
    const service = await start({ apps: [{ ...other, id: 'local', key: 'local-key' }, other] })
    const { client } = await user(service, 'w', ['1'])
    const otherUser = await connect(service, '/app/other-key?protocol=7')
    const userData = '{"id":"1"}'
    const auth = `other-key:${hmac(`${otherUser.socketId}::user::${userData}`)}`
    otherUser.send({ event: 'pusher:signin', data: { auth, user_data: userData } })
    expect(await otherUser.frame()).toMatchObject({ event: 'pusher:signin_success' })
    expect(await client.pending()).toEqual([])
  })

  test('reports at once a client that the heartbeat has closed', async () => {
    const service = await start()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const [mute, { client }] = [await user(service, '1'), await user(service, 'w', ['1'])]
    mute.client.pause()
    vi.advanceTimersByTime(120_000)
    expect(await client.pending()).toEqual([{ event: 'pusher:ping', data: {} }])
    vi.advanceTimersByTime(30_000)
    expect(await client.frame()).toEqual(watchlistEvents(event('offline', '1')))
  })
})
