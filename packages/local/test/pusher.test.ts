import { describe, expect, test } from 'vitest'
import { backend, connect, next, pusher, start } from './harness.ts'

interface Members {
  readonly count: number
  readonly me: unknown
  get(id: string): unknown
}

describe('pusher-js and pusher, as published', () => {
  test('connect, subscribe, receive', async () => {
    const service = await start()
    const client = pusher(service)
    const channel = client.subscribe('lobby')
    await next(channel, 'pusher:subscription_succeeded')
    expect(client.connection.socket_id).toMatch(/^\d+\.\d+$/)
    const received = next(channel, 'hello')
    const answer = await backend(service).trigger('lobby', 'hello', { text: 'é' })
    expect(await answer.json()).toEqual({})
    expect(await received).toEqual({ text: 'é' })
  })

  test('subscribe to a private channel, or fail without authorization', async () => {
    const service = await start()
    const client = pusher(service)
    const channel = client.subscribe('private-a')
    await next(channel, 'pusher:subscription_succeeded')
    const received = next(channel, 'hello')
    await backend(service).trigger('private-a', 'hello', 1)
    expect(await received).toBe(1)

    const unauthorized = pusher(service)
    unauthorized.config.channelAuthorizer = (_, callback) => callback(null, { auth: 'local-key:00' })
    const refused = await next(unauthorized.subscribe('private-a'), 'pusher:subscription_error')
    expect(refused).toEqual({ type: 'AuthError', error: expect.stringContaining('Invalid signature'), status: 401 })
  })

  test('decrypt an encrypted channel', async () => {
    const service = await start()
    const channel = pusher(service).subscribe('private-encrypted-a')
    await next(channel, 'pusher:subscription_succeeded')
    const received = next(channel, 'hello')
    await backend(service).trigger('private-encrypted-a', 'hello', { secret: 1 })
    expect(await received).toEqual({ secret: 1 })
  })

  test('receive a batch in order', async () => {
    const service = await start()
    const client = pusher(service)
    const channels = [client.subscribe('a'), client.subscribe('b')]
    await Promise.all(channels.map((channel) => next(channel, 'pusher:subscription_succeeded')))
    const received: unknown[] = []
    const last = new Promise<void>((resolve) => {
      client.bind_global((event: string, data: unknown) => {
        if (event.startsWith('pusher:')) return
        received.push([event, data])
        if (event === 'last') resolve()
      })
    })
    await backend(service).triggerBatch([
      { channel: 'a', name: 'first', data: { n: 1 } },
      { channel: 'b', name: 'second', data: 'text' },
      { channel: 'a', name: 'last', data: [] },
    ])
    await last
    expect(received).toEqual([
      ['first', { n: 1 }],
      ['second', 'text'],
      ['last', []],
    ])
  })

  test('exclude the connection of socket_id on every channel', async () => {
    const service = await start()
    const [sender, other] = [pusher(service), pusher(service)]
    const received: string[] = []
    for (const [name, client] of Object.entries({ sender, other })) {
      for (const channel of ['a', 'b']) {
        const subscribed = client.subscribe(channel)
        subscribed.bind('hello', () => received.push(`${name} ${channel}`))
        await next(subscribed, 'pusher:subscription_succeeded')
      }
    }
    const done = Promise.all([next(sender, 'done'), next(other, 'done')])
    await backend(service).trigger(['a', 'b'], 'hello', 1, { socket_id: sender.connection.socket_id })
    await backend(service).trigger('a', 'done', 1)
    await done
    expect(received).toEqual(['other a', 'other b'])
  })

  test('receive nothing after unsubscribing', async () => {
    const service = await start()
    const client = pusher(service)
    const [a, b] = [client.subscribe('a'), client.subscribe('b')]
    await next(b, 'pusher:subscription_succeeded')
    let count = 0
    a.bind('hello', () => {
      count += 1
    })
    client.unsubscribe('a')
    // The service handles frames in order: once this is refused, that was done.
    const refused = next(client.connection, 'error')
    client.connection.send_event('pusher:unsubscribe', { channel: 'a' })
    await refused
    const received = next(b, 'hello')
    await backend(service).trigger(['a', 'b'], 'hello', 1)
    await received
    expect(count).toBe(0)
  })

  test('are closed with 4001 for an unknown key', async () => {
    const service = await start()
    const client = pusher(service)
    client.disconnect()
    client.key = 'unknown'
    client.connection.key = 'unknown'
    client.connection.switchCluster('unknown')
    const error = await next<{ error?: { data?: unknown } }>(client.connection, 'error')
    expect(error.error?.data).toMatchObject({ code: 4001 })
  })

  test('throw a RequestError for a wrong secret, app or key', async () => {
    const service = await start()
    const app = { id: 'local', key: 'local-key', secret: 'x' }
    await expect(backend(service, app).trigger('a', 'e', 1)).rejects.toMatchObject({
      status: 401,
      body: '{"error":"Invalid signature"}',
    })
    await expect(backend(service, { ...app, id: 'x' }).trigger('a', 'e', 1)).rejects.toMatchObject({ status: 404 })
    await expect(backend(service, { ...app, key: 'x' }).trigger('a', 'e', 1)).rejects.toMatchObject({ status: 404 })
  })

  test('may send an event to a user who is offline', async () => {
    const answer = await backend(await start()).sendToUser('user-1', 'hello', {})
    expect(answer.status).toBe(200)
  })
})

describe('presence in pusher-js', () => {
  test('adds and removes a member once, however many connections it has', async () => {
    const service = await start()
    const ann = pusher(service, { user_id: 'ann', user_info: { name: 'Ann' } })
    const room = ann.subscribe('presence-room')
    const mine = await next<Members>(room, 'pusher:subscription_succeeded')
    expect(mine.count).toBe(1)
    expect(mine.me).toEqual({ id: 'ann', info: { name: 'Ann' } })

    const log: unknown[] = []
    room.bind('pusher:member_added', (member: unknown) => log.push(['added', member]))
    room.bind('pusher:member_removed', (member: unknown) => log.push(['removed', member]))

    const bob = { user_id: 'bob', user_info: { name: 'Bob' } }
    const [first, second] = [pusher(service, bob), pusher(service, bob)]
    for (const client of [first, second]) {
      const members = await next<Members>(client.subscribe('presence-room'), 'pusher:subscription_succeeded')
      expect(members.count).toBe(2)
      expect(members.get('ann')).toEqual({ id: 'ann', info: { name: 'Ann' } })
    }

    const users = await backend(service).get({ path: '/channels/presence-room/users' })
    expect(await users.json()).toEqual({ users: [{ id: 'ann' }, { id: 'bob' }] })
    const info = 'user_count,subscription_count'
    const channel = await backend(service).get({ path: '/channels/presence-room', params: { info } })
    expect(await channel.json()).toEqual({ occupied: true, user_count: 2, subscription_count: 3 })

    first.disconnect()
    const gone = next(room, 'pusher:member_removed')
    second.unsubscribe('presence-room')
    await gone
    const member = { id: 'bob', info: { name: 'Bob' } }
    expect(log).toEqual([
      ['added', member],
      ['removed', member],
    ])
  })

  test('names the sender of a client event', async () => {
    const service = await start()
    const [ann, bob] = [pusher(service, { user_id: 'ann' }), pusher(service, { user_id: 'bob' })]
    const [mine, yours] = [ann.subscribe('presence-room'), bob.subscribe('presence-room')]
    await Promise.all([mine, yours].map((channel) => next(channel, 'pusher:subscription_succeeded')))
    const received = new Promise((resolve) =>
      yours.bind('client-typing', (data: unknown, metadata: unknown) => resolve({ data, metadata })),
    )
    mine.trigger('client-typing', { on: true })
    expect(await received).toEqual({ data: { on: true }, metadata: { user_id: 'ann' } })
  })
})

test('pusher lists the occupied channels', async () => {
  const service = await start()
  const client = pusher(service, { user_id: '1' })
  for (const name of ['lobby', 'presence-a', 'presence-b'])
    await next(client.subscribe(name), 'pusher:subscription_succeeded')
  // Not with pusher-js, which throws at this name.
  const raw = await connect(service)
  await raw.subscribe('left')
  raw.send({ event: 'pusher:unsubscribe', data: { channel: 'left' } })
  await raw.subscribe('__proto__')

  const server = backend(service)
  const list = async (params: object) => (await server.get({ path: '/channels', params })).text()
  expect(await list({})).toBe('{"channels":{"lobby":{},"presence-a":{},"presence-b":{},"__proto__":{}}}')
  expect(await list({ filter_by_prefix: 'presence-', info: 'user_count' })).toBe(
    '{"channels":{"presence-a":{"user_count":1},"presence-b":{"user_count":1}}}',
  )
  expect(await list({ filter_by_prefix: 'l', info: 'subscription_count' })).toBe(
    '{"channels":{"lobby":{"subscription_count":1}}}',
  )
})
