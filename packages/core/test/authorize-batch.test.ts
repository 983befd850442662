import { describe, expect, test, vi } from 'vitest'
import { type FetchHandlerOptions, fetchHandler } from '../src/fetch.ts'
import { type AuthEvent, deny, PingerchipsServer } from '../src/index.ts'

type Options = Partial<FetchHandlerOptions<{ id: string }, unknown>>

const user = vi.fn((request: Request) => {
  const id = request.headers.get('x-user')
  return id === null ? null : { id }
})

function endpoint(options: Options = {}) {
  const failures: unknown[] = []
  const events: AuthEvent[] = []
  const client = new PingerchipsServer('1', 'secret', {
    appKey: 'key',
    onBackgroundError: (error) => failures.push(error),
    hooks: { auth: (event) => events.push(event) },
  })
  const handler = fetchHandler<{ id: string }>({
    client,
    user,
    authorize: ({ channel, kind, user }) => {
      if (channel === 'private-throws') throw new Error('the database is down')
      if (channel === 'private-denied') return deny({ status: 401, error: 'token_expired' })
      if (channel === 'presence-true') return true
      if (kind === 'presence') return { user_id: user.id }
      return channel === `private-user-${user.id}` || channel.startsWith('private-open-')
    },
    ...options,
  })
  const post = async (
    body: string,
    type = 'application/x-www-form-urlencoded',
    headers: Record<string, string> = { 'x-user': '1' },
  ) => {
    const init = { method: 'POST', body, headers: { 'content-type': type, ...headers } }
    const response = await handler(new Request('http://app/pingerchips/auth', init))
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> }
  }
  return { client, post, failures, events }
}

const form = (channels: readonly string[], socketId = '1.1') =>
  // As pusher-js-auth writes it: an empty pair first, and brackets that are not escaped.
  `&socket_id=${socketId}${channels.map((channel, index) => `&channel_name[${index}]=${encodeURIComponent(channel)}`).join('')}`

describe('a batch', () => {
  const channels = [
    'private-user-1',
    'private-user-2',
    'presence-room',
    'private-denied',
    'private-throws',
    'presence-true',
    'lobby',
    '__proto__',
  ]

  test.each([
    ['a form', form(channels), undefined],
    ['JSON', JSON.stringify({ socket_id: '1.1', channel_name: channels }), 'application/json'],
  ])('as %s has a result of its own for each channel', async (_, body, type) => {
    user.mockClear()
    const { client, post, failures, events } = endpoint()
    expect(await post(body, type)).toEqual({
      status: 200,
      body: JSON.parse(
        JSON.stringify({
          'private-user-1': { status: 200, data: client.authenticate('1.1', 'private-user-1') },
          'private-user-2': { status: 403 },
          'presence-room': { status: 200, data: client.authenticate('1.1', 'presence-room', { user_id: '1' }) },
          'private-denied': { status: 401, error: 'token_expired' },
          'private-throws': { status: 500 },
          'presence-true': { status: 500 },
          lobby: { status: 400 },
        }).replace(/}$/, ',"__proto__":{"status":400}}'),
      ),
    })
    expect(user).toHaveBeenCalledOnce()
    await client.close()
    expect(failures).toEqual([
      expect.objectContaining({ message: 'the database is down' }),
      expect.objectContaining({ code: 'invalid_callback_result' }),
    ])
    const seen = events.map(({ type, channel = '', outcome, status }) => [type, channel, outcome, status] as const)
    // Each is published when its channel is decided.
    expect(seen.toSorted(([, a], [, b]) => channels.indexOf(a) - channels.indexOf(b))).toEqual([
      ['subscribe', 'private-user-1', 'granted', 200],
      ['subscribe', 'private-user-2', 'refused', 403],
      ['subscribe', 'presence-room', 'granted', 200],
      ['subscribe', 'private-denied', 'refused', 401],
      ['subscribe', 'private-throws', 'failed', undefined],
      ['subscribe', 'presence-true', 'failed', undefined],
    ])
  })

  test('of one channel is a batch too', async () => {
    const { post } = endpoint()
    expect(await post(form(['private-user-2']))).toEqual({ status: 200, body: { 'private-user-2': { status: 403 } } })
  })

  test('of an unauthenticated client is refused as a whole, without a call of authorize', async () => {
    const authorize = vi.fn(() => true)
    const { post } = endpoint({ authorize })
    expect(await post(form(['private-a', 'private-b']), undefined, {})).toEqual({
      status: 403,
      body: { error: 'Unauthorized' },
    })
    expect(authorize).not.toHaveBeenCalled()
  })

  test('calls authorize for at most 10 channels at once', async () => {
    let running = 0
    let most = 0
    const { post } = endpoint({
      authorize: async () => {
        most = Math.max(most, ++running)
        await new Promise(setImmediate)
        running--
        return true
      },
    })
    const names = Array.from({ length: 100 }, (_, index) => `private-${index}`)
    const { status, body } = await post(form(names))
    expect([status, Object.keys(body).length, most]).toEqual([200, 100, 10])
  })
})

describe('a malformed batch is refused as a whole', () => {
  const many = Array.from({ length: 101 }, (_, index) => `private-${index}`)
  test.each([
    ['101 channels', form(many), undefined],
    ['a repeated channel', form(['private-a', 'private-a']), undefined],
    ['a gap', 'socket_id=1.1&channel_name[0]=private-a&channel_name[2]=private-b', undefined],
    ['a list that does not begin with 0', 'socket_id=1.1&channel_name[1]=private-a', undefined],
    ['a malformed name', form(['private-a', 'private-b:c']), undefined],
    ['a line end in a name', form(['private-a', 'private-b\n']), undefined],
    ['no names, as JSON', '{"socket_id":"1.1","channel_name":[]}', 'application/json'],
    ['a nested list', '{"socket_id":"1.1","channel_name":[["private-a"]]}', 'application/json'],
    ['an object for a name', '{"socket_id":"1.1","channel_name":[{"toString":1}]}', 'application/json'],
    ['an object', '{"socket_id":"1.1","channel_name":{"startsWith":"y"}}', 'application/json'],
    ['a hidden index', '{"socket_id":"1.1","channel_name":{"0":"private-a","length":1}}', 'application/json'],
    ['a malformed socket id', form(['private-a'], '1.1:x'), undefined],
    ['an object with an index, as JSON', '{"socket_id":"1.1","channel_name":{"0":"private-a"}}', 'application/json'],
    ['brackets without an index', 'socket_id=1.1&channel_name[]=private-a', undefined],
    ['brackets with a key', 'socket_id=1.1&channel_name[startsWith]=y', undefined],
    ['one index twice', 'socket_id=1.1&channel_name[0]=private-a&channel_name[0]=private-b', undefined],
  ])('%s', async (_, body, type) => {
    const authorize = vi.fn(() => true)
    const { post } = endpoint({ authorize })
    expect((await post(body, type)).status).toBe(400)
    expect(authorize).not.toHaveBeenCalled()
  })
})

describe('the rate limit of a batch', () => {
  const limited = (countBatchAs?: 'channels' | 'request') => {
    const consume = vi.fn(async (_key: string, _points?: number) => {})
    const { post } = endpoint({ rateLimit: { limiter: { consume }, key: () => 'k', countBatchAs } })
    return { consume, post }
  }

  test('counts each channel, in one call of the limiter', async () => {
    const { consume, post } = limited()
    await post(form(['private-open-1', 'private-open-2', 'private-open-3']))
    expect(consume.mock.calls).toEqual([[expect.any(String), 3]])
  })

  test('counts one request if the app says so', async () => {
    const { consume, post } = limited('request')
    await post(form(['private-open-1', 'private-open-2']))
    expect(consume.mock.calls).toEqual([[expect.any(String)]])
  })

  test('refuses the whole batch', async () => {
    const limiter = { consume: () => Promise.reject({ msBeforeNext: 1000 }) }
    const { post } = endpoint({ rateLimit: { limiter, key: () => 'k' } })
    expect(await post(form(['private-open-1']))).toEqual({ status: 429, body: { error: 'Too many requests' } })
  })
})
