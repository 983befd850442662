import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ask, channelAuth, connect, dial, enter, hmac, type RawClient, signed, start } from './harness.ts'

const error = (message: string, code: number | null = null) => ({
  event: 'pusher:error',
  data: { code, message: expect.stringContaining(message) },
})

describe('the handshake', () => {
  test.each([
    ['/app/unknown?protocol=7', 4001],
    ['/app/__proto__?protocol=7', 4001],
    ['/', 4005],
    ['/app/?protocol=7', 4005],
    ['/app/local-key/x?protocol=7', 4005],
    ['/apps/local/events?protocol=7', 4005],
    ['/app/local-key', 4008],
    ['/app/local-key?version=7', 4008],
    ['/app/local-key?protocol=', 4006],
    ['/app/local-key?protocol=seven', 4006],
    ['/app/local-key?protocol=7.0', 4006],
    ['/app/local-key?protocol=4', 4007],
    ['/app/local-key?protocol=8', 4007],
  ])('%s is refused with %i', async (path, code) => {
    const client = dial(await start(), path)
    expect(await client.frame()).toEqual({ event: 'pusher:error', data: { code, message: expect.any(String) } })
    expect(await client.closed).toBe(code)
  })

  test.each([5, 6, 7])('accepts protocol %i', async (version) => {
    const client = dial(await start(), `/app/local-key?protocol=${version}`)
    expect(await client.frame()).toMatchObject({ event: 'pusher:connection_established' })
  })

  test('closes a connection over the quota of the app with 4004', async () => {
    const service = await start({ connectionLimit: 2 })
    const [first] = [await connect(service), await connect(service)]
    expect(await dial(service).closed).toBe(4004)
    first.close()
    await first.closed
    await connect(service)
  })

  test('sends a socket id and the activity timeout', async () => {
    const { data, ...rest } = await dial(await start({ activityTimeout: 77 })).frame()
    expect(rest).toEqual({ event: 'pusher:connection_established' })
    expect(JSON.parse(String(data))).toEqual({ socket_id: expect.stringMatching(/^\d+\.\d+$/), activity_timeout: 77 })
  })
})

describe('frames', () => {
  const send = async (frame: string | Uint8Array | object) => {
    const client = await connect(await start())
    client.send(frame)
    return client.frame()
  }

  test.each<[string, string | Uint8Array | object, string]>([
    ['empty', '', 'not JSON'],
    ['not JSON', '{"event":', 'not JSON'],
    ['binary', Buffer.from('{"event":"pusher:ping"}'), 'Binary'],
    ['an array', [], 'event name'],
    ['null', 'null', 'event name'],
    ['no event', { data: {} }, 'event name'],
    ['event as array', { event: ['pusher:ping'] }, 'event name'],
    ['unknown event', { event: 'pusher:destroy' }, 'Unknown event'],
    ['an event of an object', { event: 'constructor' }, 'Unknown event'],
    [
      'an internal event',
      { event: 'pusher_internal:member_added', channel: 'presence-a', data: '{}' },
      'Unknown event',
    ],
    ['too large', `"${'x'.repeat(524_287)}"`, 'too large'],
    ['too deep', '['.repeat(500_000), 'not JSON'],
    ['subscribe without data', { event: 'pusher:subscribe' }, 'Invalid channel name'],
    ['subscribe to nothing', { event: 'pusher:subscribe', data: { channel: '' } }, 'Invalid channel name'],
    ['subscribe to a list', { event: 'pusher:subscribe', data: { channel: ['a'] } }, 'Invalid channel name'],
    ['a colon', { event: 'pusher:subscribe', data: { channel: 'a:b' } }, 'Invalid channel name'],
    ['the channel of no user', { event: 'pusher:subscribe', data: { channel: '#server-to-user-' } }, 'Invalid channel'],
    ['another #', { event: 'pusher:subscribe', data: { channel: '#server-to-users-1' } }, 'Invalid channel'],
    ['a # further on', { event: 'pusher:subscribe', data: { channel: 'a#server-to-user-1' } }, 'Invalid channel'],
    ['unsubscribe from nothing', { event: 'pusher:unsubscribe', data: null }, 'Invalid channel name'],
    ['unsubscribe before', { event: 'pusher:unsubscribe', data: { channel: 'a' } }, 'No current subscription'],
  ])('%s: receives pusher:error', async (_, frame, message) => {
    expect(await send(frame)).toEqual(error(message))
  })

  test('of more than 4 MiB close the socket with 1009', async () => {
    const service = await start()
    const [client, other] = [await connect(service), await connect(service)]
    client.send('x'.repeat(5_000_000))
    expect(await client.closed).toBe(1009)
    expect(await other.pending()).toEqual([])
  })

  test('of random data do not end the connection', async () => {
    const client = await connect(await start())
    const names = fc.constantFrom('pusher:subscribe', 'pusher:unsubscribe', 'client-x')
    const channels = fc.constantFrom('a', 'private-a', 'presence-a', '#server-to-user-1', '__proto__', '', 'a:b')
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.uint8Array(),
      fc.record({
        event: fc.oneof(names, fc.jsonValue()),
        channel: fc.oneof(channels, fc.jsonValue()),
        data: fc.oneof(
          fc.jsonValue(),
          fc.record({ channel: channels, auth: fc.jsonValue(), channel_data: fc.jsonValue() }),
        ),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 20 }), async (frames) => {
        for (const frame of frames) client.send(frame)
        await client.pending()
      }),
      { numRuns: 50 },
    )
    expect(await client.pending()).toEqual([])
  })
})

describe('subscriptions', () => {
  const refused = (channel: string, message: string) => ({
    event: 'pusher:subscription_error',
    channel,
    data: { type: 'AuthError', error: expect.stringContaining(message), status: 401 },
  })
  const succeeded = (channel: string) => ({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' })

  test('made twice fail, and remain one', async () => {
    const service = await start()
    const client = await connect(service)
    expect(await client.subscribe('a')).toEqual(succeeded('a'))
    expect(await client.subscribe('a')).toEqual(error('Existing subscription to channel a'))
    await ask(service, signed('{"channel":"a","event":"e","data":1}'))
    expect(await client.pending()).toHaveLength(1)
  })

  test('may be made again after unsubscribing', async () => {
    const client = await connect(await start())
    await client.subscribe('a')
    client.send({ event: 'pusher:unsubscribe', data: { channel: 'a' } })
    expect(await client.subscribe('a')).toEqual(succeeded('a'))
  })

  const forged: [string, string, (client: RawClient) => object, string][] = [
    ['no auth', 'private-a', () => ({}), 'needs an auth'],
    ['auth as list', 'private-a', (client) => ({ auth: [channelAuth(client, 'private-a')] }), 'needs an auth'],
    ['no key', 'private-a', ({ socketId }) => ({ auth: hmac(`${socketId}:private-a`) }), 'not of the key'],
    ['another key', 'private-a', ({ socketId }) => ({ auth: `x:${hmac(`${socketId}:private-a`)}` }), 'not of the key'],
    ['another channel', 'private-a', (client) => ({ auth: channelAuth(client, 'private-b') }), 'Invalid signature'],
    ['another socket', 'private-a', () => ({ auth: `local-key:${hmac('1.1:private-a')}` }), 'Invalid signature'],
    ['encrypted', 'private-encrypted-a', () => ({}), 'needs an auth'],
    ['of a user', '#server-to-user-1', () => ({ auth: '' }), 'needs a sign-in'],
    ['an empty name', 'private-', () => ({}), 'needs an auth'],
    [
      'data that was not signed',
      'private-a',
      (client) => ({ auth: channelAuth(client, 'private-a'), user_data: '{}' }),
      'SOCKET:CHANNEL:DATA',
    ],
    ['presence without data', 'presence-a', (client) => ({ auth: channelAuth(client, 'presence-a') }), 'channel_data'],
    ...['{}', 'null', '{', '[]', '{"user_id":null}', '{"user_id":""}', '{"user_id":{"a":1}}', '{"user_id":true}'].map(
      (data): [string, string, (client: RawClient) => object, string] => [
        `presence as ${data}`,
        'presence-a',
        (client) => ({ auth: channelAuth(client, 'presence-a', data), channel_data: data }),
        'a user_id',
      ],
    ),
  ]
  test.each(forged)('%s: refused', async (_, channel, data, message) => {
    const client = await connect(await start())
    expect(await client.subscribe(channel, data(client))).toEqual(refused(channel, message))
  })

  test.each(['user_data', 'channel_data'])('to a private channel accept signed %s', async (field) => {
    const client = await connect(await start())
    const data = '{"user_id":"1"}'
    const auth = channelAuth(client, 'private-a', data)
    expect(await client.subscribe('private-a', { auth, [field]: data })).toEqual(succeeded('private-a'))
  })
})

describe('presence', () => {
  const left = { event: 'pusher_internal:member_removed', channel: 'presence-a', data: '{"user_id":"7"}' }

  test('treats a number and its digits as one user, who leaves with the last connection', async () => {
    const service = await start()
    const watcher = await connect(service)
    await enter(watcher, 'presence-a', 'watcher')
    const [first, second, third] = [await connect(service), await connect(service), await connect(service)]
    await enter(first, 'presence-a', 7, { n: 1 })
    const { data } = await enter(second, 'presence-a', '7', { n: 2 })
    expect(JSON.parse(String(data))).toEqual({
      presence: { count: 2, ids: ['watcher', '7'], hash: { watcher: null, 7: { n: 1 } } },
    })
    await enter(third, 'presence-a', '7')
    expect(await watcher.pending()).toEqual([
      {
        event: 'pusher_internal:member_added',
        channel: 'presence-a',
        data: '{"user_id":"7","user_info":{"n":1}}',
      },
    ])
    third.send({ event: 'pusher:unsubscribe', data: { channel: 'presence-a' } })
    await third.pending()
    expect(await watcher.pending()).toEqual([])
    first.close()
    second.terminate()
    expect(await watcher.frame()).toEqual(left)
    expect(await watcher.pending()).toEqual([])
  })

  test('accepts a member named __proto__', async () => {
    const client = await connect(await start())
    const { data } = await enter(client, 'presence-a', '__proto__', { n: 1 })
    expect(data).toBe('{"presence":{"count":1,"ids":["__proto__"],"hash":{"__proto__":{"n":1}}}}')
  })
})

describe('the heartbeat', () => {
  test('pings a silent client, and closes it with 4201', async () => {
    const client = await connect(await start({ activityTimeout: 0.03, pongTimeout: 0.03 }))
    expect(await client.frame()).toEqual({ event: 'pusher:ping', data: {} })
    expect(await client.closed).toBe(4201)
  })

  test('keeps the connection of a client that replies', async () => {
    const client = await connect(await start({ activityTimeout: 0.03, pongTimeout: 0.05 }))
    for (let round = 0; round < 4; round += 1) {
      expect(await client.frame()).toEqual({ event: 'pusher:ping', data: {} })
      client.send({ event: 'pusher:pong', data: {} })
    }
  })
})
