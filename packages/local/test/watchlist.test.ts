import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { LocalService } from '../src/index.ts'
import { ask, connect, hmac, next, type PusherClient, pusher, pusherRequest, signIn, start } from './harness.ts'

const event = (name: string, ...ids: string[]) => ({ name, user_ids: ids })
const told = (...events: object[]) => ({ event: 'pusher_internal:watchlist_events', data: JSON.stringify({ events }) })

/** A raw client that has signed in, and what it was told at once. */
async function user(service: LocalService, id: string, watchlist?: readonly string[]) {
  const client = await connect(service)
  await signIn(client, { id, watchlist })
  return { client, first: await client.pending() }
}

describe('pusher-js', () => {
  async function signedIn(service: LocalService, id: string): Promise<PusherClient> {
    const client = pusher(service, undefined, { id })
    client.signin()
    await next(client, 'pusher:signin_success')
    return client
  }

  test('hears who is there, who is not, who comes and who goes', async () => {
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
  test('of nobody is silent', async () => {
    const service = await start()
    for (const watchlist of [undefined, []]) expect((await user(service, '1', watchlist)).first).toEqual([])
  })

  test('says nothing of a kind that nobody is of', async () => {
    const service = await start()
    expect((await user(service, '1', ['2'])).first).toEqual([told(event('offline', '2'))])
    expect((await user(service, '2', ['1'])).first).toEqual([told(event('online', '1'))])
  })

  test('counts a user with several connections once, from the first to the last', async () => {
    const service = await start()
    const watcher = await user(service, 'watcher', ['1'])
    const first = await user(service, '1')
    expect(await watcher.client.frame()).toEqual(told(event('online', '1')))
    const second = await user(service, '1')
    first.client.close()
    await first.client.closed
    expect(await watcher.client.pending()).toEqual([])
    second.client.terminate()
    expect(await watcher.client.frame()).toEqual(told(event('offline', '1')))
    await user(service, '1')
    expect(await watcher.client.frame()).toEqual(told(event('online', '1')))
  })

  test('is heard of by all connections of the watcher, and by no one else', async () => {
    const service = await start()
    const watchers = [await user(service, 'w', ['1']), await user(service, 'w', ['1'])]
    const others = [await user(service, 'w'), await user(service, 'x', ['2'])]
    await user(service, '1')
    for (const { client } of watchers) expect(await client.pending()).toEqual([told(event('online', '1'))])
    for (const { client } of others) expect(await client.pending()).toEqual([])
  })

  test('hears of a user only who has signed in', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1'])
    const member = pusher(service, { user_id: '1' })
    await next(member.subscribe('presence-a'), 'pusher:subscription_succeeded')
    expect(await client.pending()).toEqual([])
  })

  test('may name the user itself, and one twice', async () => {
    const service = await start()
    const { client, first } = await user(service, '1', ['1', '2', '1', '2'])
    expect(first).toEqual([told(event('online', '1'), event('offline', '2'))])
    const again = await user(service, '1')
    again.client.close()
    await again.client.closed
    expect(await client.pending()).toEqual([])
  })

  test.each(['__proto__', 'constructor', 'a b:c'])('may name %j', async (id) => {
    const service = await start()
    const { client, first } = await user(service, 'w', [id])
    expect(first).toEqual([told(event('offline', id))])
    await user(service, id)
    expect(await client.pending()).toEqual([told(event('online', id))])
  })

  test('is replaced by that of a second sign-in', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1'])
    await signIn(client, { id: 'w', watchlist: ['2'] })
    expect(await client.pending()).toEqual([told(event('offline', '2'))])
    await user(service, '1')
    expect(await client.pending()).toEqual([])
    await user(service, '2')
    expect(await client.pending()).toEqual([told(event('online', '2'))])
  })

  test('counts for its first 100 users, which 4302 says after the success', async () => {
    const service = await start()
    const ids = Array.from({ length: 101 }, (_, index) => `user-${index}`)
    const full = await user(service, 'full', ids.slice(0, 100))
    expect(full.first).toEqual([told(event('offline', ...ids.slice(0, 100)))])

    const client = await connect(service)
    expect(await signIn(client, { id: 'over', watchlist: ids })).toMatchObject({ event: 'pusher:signin_success' })
    expect(await client.pending()).toEqual([
      { event: 'pusher:error', data: { code: 4302, message: expect.stringContaining('first 100') } },
      told(event('offline', ...ids.slice(0, 100))),
    ])
    await user(service, 'user-100')
    expect(await client.pending()).toEqual([])
    await user(service, 'user-99')
    expect(await client.pending()).toEqual([told(event('online', 'user-99'))])
  })

  test('hears of a user whose connections were terminated or whose sign-in failed, once', async () => {
    const service = await start()
    const { client } = await user(service, 'w', ['1', '2'])
    const [one, another, two] = [await user(service, '1'), await user(service, '1'), await user(service, '2')]
    await client.pending()
    await ask(service, pusherRequest('POST', '/apps/local/users/1/terminate_connections', '{}'))
    expect(await client.pending()).toEqual([told(event('offline', '1'))])
    two.client.send({ event: 'pusher:signin', data: { auth: `local-key:${hmac('x')}`, user_data: '{"id":"2"}' } })
    expect(await client.frame()).toEqual(told(event('offline', '2')))
    for (const gone of [one, another, two]) expect(await gone.client.closed).toBe(4009)
    expect(await client.pending()).toEqual([])
  })

  test('hears of no user of another app', async () => {
    const other = { id: 'other', key: 'other-key', secret: 'local-secret' }
    const service = await start({ apps: [{ ...other, id: 'local', key: 'local-key' }, other] })
    const { client } = await user(service, 'w', ['1'])
    const stranger = await connect(service, '/app/other-key?protocol=7')
    const userData = '{"id":"1"}'
    const auth = `other-key:${hmac(`${stranger.socketId}::user::${userData}`)}`
    stranger.send({ event: 'pusher:signin', data: { auth, user_data: userData } })
    expect(await stranger.frame()).toMatchObject({ event: 'pusher:signin_success' })
    expect(await client.pending()).toEqual([])
  })

  test('hears at once of a client that the heartbeat gave up', async () => {
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
    expect(await client.frame()).toEqual(told(event('offline', '1')))
  })
})
