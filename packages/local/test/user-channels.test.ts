import { describe, expect, test } from 'vitest'
import { defaultApp } from '../src/index.ts'
import { ask, channelAuth, connect, pusherRequest, signIn, start, userAuth } from './harness.ts'

const joined = (channel: string) => ({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' })
const unauthorized = (message: string) => ({
  event: 'pusher:error',
  data: { code: 4009, message: expect.stringContaining(message) },
})

/** An event to a user, by the Pusher HTTP API. */
const toUser = (id: string, data: string) =>
  pusherRequest('POST', '/apps/local/events', JSON.stringify({ name: 'e', channel: `#server-to-user-${id}`, data }))
const received = (id: string, data: string) => ({ event: 'e', channel: `#server-to-user-${id}`, data })
const terminate = (id: string) =>
  pusherRequest('POST', `/apps/local/users/${encodeURIComponent(id)}/terminate_connections`, '{}')

describe("a user's channel", () => {
  const refused = (channel: string) => ({
    event: 'pusher:subscription_error',
    channel,
    data: { type: 'AuthError', error: expect.stringContaining('needs a sign-in'), status: 401 },
  })

  test.each(['1', 'a b:c', '#server-to-user-', '__proto__', 'é', 'u'.repeat(184)])('is of %j', async (id) => {
    const service = await start()
    const client = await connect(service)
    await signIn(client, { id })
    expect(await client.subscribe(`#server-to-user-${id}`)).toEqual(joined(`#server-to-user-${id}`))
    expect(await ask(service, toUser(id, 'x'))).toMatchObject({ status: 200, body: {} })
    expect(await client.pending()).toEqual([received(id, 'x')])
    expect(await ask(service, terminate(id))).toMatchObject({ status: 200, body: {} })
    expect(await client.closed).toBe(4009)
  })

  test.each(['1', '11', '1 ', '2', '１'])('refuses users other than 2b: %j', async (id) => {
    const service = await start()
    const [user, guest] = [await connect(service), await connect(service)]
    await signIn(user, { id: '2b' })
    for (const client of [user, guest]) {
      const channel = `#server-to-user-${id}`
      expect(await client.subscribe(channel)).toEqual(refused(channel))
      // No signature of the app is a sign-in.
      expect(await client.subscribe(channel, { auth: channelAuth(client, channel) })).toEqual(refused(channel))
      expect(await client.subscribe(channel, userAuth(client, JSON.stringify({ id })))).toEqual(refused(channel))
      await ask(service, toUser(id, 'x'))
      expect(await client.pending()).toEqual([])
    }
  })

  test('can be unsubscribed from', async () => {
    const service = await start()
    const client = await connect(service)
    await signIn(client, { id: '1' })
    await client.subscribe('#server-to-user-1')
    client.send({ event: 'pusher:unsubscribe', data: { channel: '#server-to-user-1' } })
    expect(await client.pending()).toEqual([])
    await ask(service, toUser('1', 'x'))
    expect(await client.pending()).toEqual([])
  })

  test('carries no client events', async () => {
    const service = await start()
    const clients = [await connect(service), await connect(service)] as const
    for (const client of clients) {
      await signIn(client, { id: '1' })
      await client.subscribe('#server-to-user-1')
    }
    clients[0].send({ event: 'client-x', channel: '#server-to-user-1', data: 1 })
    expect(await clients[0].frame()).toMatchObject({ event: 'pusher:error', data: { code: null } })
    expect(await clients[1].pending()).toEqual([])
  })

  test('is not listed by the HTTP API', async () => {
    const service = await start()
    const client = await connect(service)
    await signIn(client, { id: '1' })
    await client.subscribe('#server-to-user-1')
    await client.subscribe('a')
    const { body } = await ask(service, pusherRequest('GET', '/apps/local/channels'))
    expect(body).toEqual({ channels: { a: {} } })
  })

  test('excludes the connection of socket_id', async () => {
    const service = await start()
    const [sender, other] = [await connect(service), await connect(service)]
    for (const client of [sender, other]) {
      await signIn(client, { id: '1' })
      await client.subscribe('#server-to-user-1')
    }
    const event = { name: 'e', channel: '#server-to-user-1', data: 'x', socket_id: sender.socketId }
    await ask(service, pusherRequest('POST', '/apps/local/events', JSON.stringify(event)))
    expect(await sender.pending()).toEqual([])
    expect(await other.pending()).toEqual([received('1', 'x')])
  })
})

describe('terminate_connections', () => {
  test('ends connections of this app only', async () => {
    const other = { id: 'other', key: 'other-key', secret: defaultApp.secret }
    const service = await start({ apps: [defaultApp, other] })
    const client = await connect(service)
    await signIn(client, { id: '1' })
    const elsewhere = pusherRequest('POST', '/apps/other/users/1/terminate_connections', '{}', { auth_key: other.key })
    expect(await ask(service, elsewhere)).toMatchObject({ status: 200 })
    expect(await client.pending()).toEqual([])
    await ask(service, terminate('1'))
    expect(await client.frame()).toEqual(unauthorized('The app has ended'))
    expect(await client.closed).toBe(4009)
  })

  test('does not wait for a client that ignores the closing handshake', async () => {
    const service = await start()
    const [mute, other] = [await connect(service), await connect(service)]
    await signIn(mute, { id: '1' })
    await mute.subscribe('a')
    await signIn(other, { id: '2', watchlist: ['1'] })
    expect(await other.frame()).toMatchObject({ event: 'pusher_internal:watchlist_events' })
    mute.pause()
    await ask(service, terminate('1'))
    expect(await other.frame()).toMatchObject({ data: expect.stringContaining('"offline"') })
    expect(await ask(service, pusherRequest('GET', '/apps/local/channels/a'))).toMatchObject({
      body: { occupied: false },
    })
  })
})
