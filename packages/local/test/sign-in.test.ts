import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultApp, type LocalService } from '../src/index.ts'
import {
  ask,
  backend,
  channelAuth,
  connect,
  enter,
  hmac,
  next,
  type PusherClient,
  pusher,
  pusherRequest,
  type RawClient,
  signIn,
  start,
  userAuth,
} from './harness.ts'

/** A pusher-js that is signed in and on the channel that it then joins by itself. */
async function signedIn(service: LocalService, id: string): Promise<PusherClient> {
  const client = pusher(service, undefined, { id })
  client.signin()
  await next(client, 'pusher:signin_success')
  await next(client.user.serverToUserChannel, 'pusher:subscription_succeeded')
  return client
}

const succeeded = (userData: string) => ({
  event: 'pusher:signin_success',
  data: JSON.stringify({ user_data: userData }),
})
const joined = (channel: string) => ({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' })
const unauthorized = (message: string) => ({
  event: 'pusher:error',
  data: { code: 4009, message: expect.stringContaining(message) },
})

/** An event to a user, by the Pusher HTTP API. */
const toUser = (id: string, data: string) =>
  pusherRequest('POST', '/apps/local/events', JSON.stringify({ name: 'e', channel: `#server-to-user-${id}`, data }))
const received = (id: string, data: string) => ({ event: 'e', channel: `#server-to-user-${id}`, data })
describe('pusher-js signs in', () => {
  test('and receives its user data', async () => {
    const client = pusher(await start(), undefined, { id: 'ann', user_info: { name: 'Änn' } })
    const data = next<{ user_data: string }>(client, 'pusher:signin_success')
    client.signin()
    expect(JSON.parse((await data).user_data)).toEqual({ id: 'ann', user_info: { name: 'Änn' } })
    expect(client.user.user_data).toEqual({ id: 'ann', user_info: { name: 'Änn' } })
    await client.user.signinDonePromise
  })

  test('and every connection of a user receives its events, and no other user does', async () => {
    const service = await start()
    const clients = {
      first: await signedIn(service, 'ann'),
      second: await signedIn(service, 'ann'),
      other: await signedIn(service, 'bob'),
    }
    const received: unknown[] = []
    for (const [name, { user }] of Object.entries(clients))
      user.bind('hello', (data: unknown) => received.push([name, data]))
    const done = Promise.all(Object.values(clients).map(({ user }) => next(user, 'done')))
    const server = backend(service)
    const answer = await server.sendToUser('ann', 'hello', { text: 'é' })
    expect(await answer.json()).toEqual({})
    for (const id of ['ann', 'bob']) await server.sendToUser(id, 'done', {})
    await done
    expect(received).toEqual([
      ['first', { text: 'é' }],
      ['second', { text: 'é' }],
    ])
  })

  test('and again after a reconnect', async () => {
    const service = await start()
    const client = await signedIn(service, 'ann')
    client.disconnect()
    const again = next(client, 'pusher:signin_success')
    client.connect()
    await again
    await next(client.user.serverToUserChannel, 'pusher:subscription_succeeded')
    const hello = next(client.user, 'hello')
    await backend(service).sendToUser('ann', 'hello', 1)
    expect(await hello).toBe(1)
  })

  test('with a wrong signature, receives 4009 and does not retry', async () => {
    const client = pusher(await start())
    client.config.userAuthenticator = (_, callback) => callback(null, { auth: 'local-key:00', user_data: '{"id":"1"}' })
    const error = next(client.connection, 'error')
    const left = next(client.connection, 'disconnected')
    client.signin()
    expect(await error).toMatchObject({ data: { code: 4009, message: expect.stringContaining('Invalid signature') } })
    await left
    expect(client.connection.state).toBe('disconnected')
    expect(client.user.user_data).toBeNull()
  })

  test('until all connections of the user are terminated, and no others', async () => {
    const service = await start()
    const [first, second] = [await signedIn(service, 'ann'), await signedIn(service, 'ann')]
    const [other, guest] = [await signedIn(service, 'bob'), pusher(service, { user_id: 'ann' })]
    await next(guest.subscribe('presence-a'), 'pusher:subscription_succeeded')
    const errors = Promise.all([first, second].map(({ connection }) => next(connection, 'error')))
    const left = Promise.all([first, second].map(({ connection }) => next(connection, 'disconnected')))
    const answer = await backend(service).terminateUserConnections('ann')
    expect(await answer.json()).toEqual({})
    expect(await errors).toMatchObject([{ data: { code: 4009 } }, { data: { code: 4009 } }])
    await left
    const hello = next(other.user, 'hello')
    await backend(service).sendToUser('bob', 'hello', 1)
    await hello
    expect([other.connection.state, guest.connection.state]).toEqual(['connected', 'connected'])
    await signedIn(service, 'ann')
  })
})

describe('a sign-in', () => {
  test('is confirmed with the exact signed text', async () => {
    const client = await connect(await start())
    const userData = '{ "id": "\\u0061nn", "__proto__": {"id": "bob"} }'
    client.send({ event: 'pusher:signin', data: userAuth(client, userData) })
    expect(await client.frame()).toEqual(succeeded(userData))
    expect(await client.subscribe('#server-to-user-ann')).toEqual(joined('#server-to-user-ann'))
  })

  const signed = (userData: string) => (client: RawClient) => userAuth(client, userData)
  const userData = '{"id":"1"}'
  const withAuth = (auth: unknown) => () => ({ auth, user_data: userData })
  const long = 'u'.repeat(185)
  test.each<[string, (client: RawClient) => unknown, string]>([
    ['without data', () => undefined, 'needs user_data'],
    ['with a list', () => [], 'needs user_data'],
    ['with text', () => userData, 'needs user_data'],
    ['without user_data', ({ socketId }) => ({ auth: `local-key:${hmac(`${socketId}::user::`)}` }), 'needs user_data'],
    ['with user_data that is no text', (client) => ({ ...userAuth(client, userData), user_data: { id: '1' } }), 'text'],
    ['without auth', () => ({ user_data: userData }), 'needs an auth'],
    ['with a list as auth', (client) => withAuth([channelAuth(client, ':user', userData)])(), 'needs an auth'],
    ['with an empty auth', withAuth(''), 'not of the key'],
    ['of no key', ({ socketId }) => withAuth(hmac(`${socketId}::user::${userData}`))(), 'not of the key'],
    ['of another key', ({ socketId }) => withAuth(`x:${hmac(`${socketId}::user::${userData}`)}`)(), 'not of the key'],
    ['without a signature', withAuth('local-key:'), 'Invalid signature'],
    ['with half a signature', withAuth('local-key:00'), 'Invalid signature'],
    ['with a long signature', withAuth(`local-key:${'0'.repeat(10_000)}`), 'Invalid signature'],
    [
      'signed with another secret',
      ({ socketId }) => withAuth(`local-key:${hmac(`${socketId}::user::${userData}`, 'x')}`)(),
      'Invalid signature',
    ],
    [
      'signed in upper case',
      ({ socketId }) => withAuth(`local-key:${hmac(`${socketId}::user::${userData}`).toUpperCase()}`)(),
      'Invalid signature',
    ],
    ['signed for another socket', withAuth(`local-key:${hmac(`1.1::user::${userData}`)}`), 'Invalid signature'],
    ['signed for other data', (client) => ({ ...userAuth(client, userData), user_data: '{"id":"2"}' }), 'Invalid sign'],
    [
      'signed as a channel',
      (client) => withAuth(channelAuth(client, 'presence-user', userData))(),
      'Invalid signature',
    ],
    ['of no JSON', signed('{"id":'), 'JSON of an object'],
    ['of nothing', signed(''), 'JSON of an object'],
    ['of null', signed('null'), 'JSON of an object'],
    ['of a list', signed('[{"id":"1"}]'), 'JSON of an object'],
    ['of text', signed('"1"'), 'JSON of an object'],
    ['of guest', signed('{}'), 'needs an id'],
    ['of a user_id', signed('{"user_id":"1"}'), 'needs an id'],
    ['of an empty id', signed('{"id":""}'), 'needs an id'],
    ['of a number', signed('{"id":1}'), 'needs an id'],
    ['of a list of ids', signed('{"id":["1"]}'), 'needs an id'],
    ['of an inherited id', signed('{"__proto__":{"id":"1"}}'), 'needs an id'],
    ['of half a character', signed('{"id":"\\ud800"}'), 'needs an id'],
    ['of 185 characters', signed(`{"id":"${long}"}`), '184 characters'],
    ['with a watchlist of text', signed('{"id":"1","watchlist":"2"}'), 'watchlist'],
    ['with a watchlist of null', signed('{"id":"1","watchlist":null}'), 'watchlist'],
    ['with a watchlist of an object', signed('{"id":"1","watchlist":{"length":1,"0":"2"}}'), 'watchlist'],
    ['with a watchlist of numbers', signed('{"id":"1","watchlist":["2",3]}'), 'watchlist'],
    ['with a watchlist of guest', signed('{"id":"1","watchlist":[""]}'), 'watchlist'],
  ])('%s is refused with 4009, and ends only that connection', async (_, data, message) => {
    const service = await start()
    const [client, other] = [await connect(service), await connect(service)]
    client.send({ event: 'pusher:signin', data: data(client) })
    const frame = await client.frame()
    expect(frame).toEqual(unauthorized(message))
    expect(JSON.stringify(frame)).not.toContain(defaultApp.secret)
    expect(await client.closed).toBe(4009)
    expect(await other.pending()).toEqual([])
  })

  test('of random data is refused with 4009', async () => {
    const service = await start()
    const data = fc.oneof(
      fc.jsonValue(),
      fc.record({ auth: fc.oneof(fc.string(), fc.jsonValue()), user_data: fc.oneof(fc.json(), fc.jsonValue()) }),
    )
    await fc.assert(
      fc.asyncProperty(data, async (data) => {
        const client = await connect(service)
        client.send({ event: 'pusher:signin', data })
        expect(await client.frame()).toMatchObject({ event: 'pusher:error', data: { code: 4009 } })
        expect(await client.closed).toBe(4009)
      }),
      { numRuns: 50 },
    )
    expect(await (await connect(service)).pending()).toEqual([])
  })

  test('may be repeated as the same user; another user ends the connection', async () => {
    const service = await start()
    const client = await connect(service)
    expect(await signIn(client, { id: '1' })).toEqual(succeeded('{"id":"1"}'))
    await client.subscribe('#server-to-user-1')
    expect(await signIn(client, { id: '1', name: 'Ann' })).toEqual(succeeded('{"id":"1","name":"Ann"}'))
    await ask(service, toUser('1', 'x'))
    expect(await client.pending()).toEqual([received('1', 'x')])
    expect(await signIn(client, { id: '2' })).toEqual(unauthorized('as another user'))
    expect(await client.closed).toBe(4009)
  })

  test('that fails is the last frame that is handled', async () => {
    const service = await start()
    const [client, other] = [await connect(service), await connect(service)]
    await enter(other, 'presence-a', 'other')
    client.send({ event: 'pusher:signin' })
    // On its way already when the connection ends.
    void enter(client, 'presence-a', 'late')
    expect(await client.closed).toBe(4009)
    expect(await other.pending()).toEqual([])
  })
})
