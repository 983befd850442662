import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterUnion, RLWrapperBlackAndWhite } from 'rate-limiter-flexible'
import { describe, expect, test, vi } from 'vitest'
import { MountedEndpoint } from '../src/adapter.ts'
import { fetchHandler } from '../src/fetch.ts'
import {
  type AuthEvent,
  deny,
  PingerchipsServer,
  type RateLimitContext,
  type RateLimiter,
  type RateLimitOptions,
} from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'

const client = new PingerchipsServer('1', 'canary-secret', { appKey: 'key' })
const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')
/** As the store sees a key: with a key of its own that is derived from the app's secret. */
const hashed = (key: string, secret = 'canary-secret') =>
  hmac(hmac(secret, 'pingerchips rate limit keys, version 1'), key)

interface Setup {
  readonly user?: unknown
  readonly address?: unknown
  readonly path?: 'auth' | 'user-auth'
  readonly channel?: string
  readonly limit?: Partial<RateLimitOptions<Request, unknown>>
}

/** The outcome of one request to an endpoint whose limiter does `consume`. */
async function ask(consume: RateLimiter['consume'], setup: Setup = {}) {
  const { user = { id: '1' }, path = 'auth', channel = 'private-a', limit } = setup
  const address = 'address' in setup ? setup.address : '192.0.2.1'
  const keys: string[] = []
  const failures: unknown[] = []
  const errors: unknown[] = []
  const events: AuthEvent[] = []
  const authorize = vi.fn(() => true)
  const handler = fetchHandler({
    client: new PingerchipsServer('1', 'canary-secret', {
      appKey: 'key',
      onBackgroundError: (failure) => failures.push(failure),
      hooks: { auth: (event) => events.push(event) },
    }),
    onError: (error) => errors.push(error),
    user: () => user,
    authorize,
    signin: () => ({ id: '1' }),
    rateLimit: {
      limiter: {
        consume(key) {
          keys.push(key)
          return consume(key)
        },
      },
      address: () => address as string,
      timeout: 20,
      ...limit,
    },
  })
  const answer = await handler(joining(channel, path))
  const { status, headers } = answer
  return {
    status,
    retryAfter: headers.get('retry-after'),
    body: await answer.json(),
    keys,
    authorized: authorize.mock.calls.length,
    failures,
    errors,
    events,
  }
}

function joining(channel: string, path = 'auth'): Request {
  return new Request(`http://127.0.0.1/pingerchips/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ socket_id: '1.1', channel_name: channel }),
  })
}

const counts = async () => {}
const rejects = (value: unknown) => () => Promise.reject(value)
const throws = (value: unknown) => () => {
  throw value
}

describe('the rate limit key', () => {
  class Model {
    get id() {
      return 7
    }
  }
  test.each<[string, Setup]>([
    ['user:1', { user: { id: '1' } }],
    ['user:1', { user: '1' }],
    ['user:0', { user: 0 }],
    ['user:0', { user: { id: 0 } }],
    ['user:9007199254740993', { user: { id: 9007199254740993n } }],
    ['user:2', { user: { user_id: '2', sub: '3' } }],
    ['user:3', { user: { sub: '3' } }],
    ['user:3', { user: { id: {}, user_id: '', sub: '3' } }],
    ['user:7', { user: new Model() }],
    ['user:192.0.2.1', { user: '192.0.2.1' }],
    ['user:1', { path: 'user-auth' }],
    ['address:192.0.2.1', { user: { name: 'Ada' } }],
    ['address:192.0.2.1', { user: { id: Number.NaN } }],
    ['address:192.0.2.1', { user: null }],
    ['address:192.0.2.1', { user: null, path: 'user-auth' }],
    ['address:192.0.2.1', { user: deny() }],
    ['address:192.0.2.1', { user: null, address: '::ffff:192.0.2.1' }],
    ['address:192.0.2.1', { user: null, address: '::FFFF:c000:201' }],
    ['address:2001:db8:1:200::', { user: null, address: '2001:db8:1:2ab:3:4:5:6' }],
    ['address:2001:db8:1::', { user: null, address: '2001:0DB8:1:2::%eth0' }],
    ['address:2001:db8:1::', { user: null, address: '2001:db8:1:ff:8000::' }],
    ['address:2001:db8:1:100::', { user: null, address: '2001:db8:1:100::' }],
    // NAT64, its local prefix, 6to4, Teredo and SIIT have the client's IPv4 address in them.
    ['address:192.0.2.1', { user: null, address: '64:ff9b::192.0.2.1' }],
    ['address:192.0.2.2', { user: null, address: '64:ff9b::c000:202' }],
    ['address:192.0.2.1', { user: null, address: '64:ff9b:1::192.0.2.1' }],
    ['address:192.0.2.1', { user: null, address: '2002:c000:201:abcd::1' }],
    ['address:192.0.2.1', { user: null, address: '2001:0:4136:e378:8000:63bf:3fff:fdfe' }],
    ['address:192.0.2.1', { user: null, address: '::ffff:0:192.0.2.1' }],
    ['address:2001:1::', { user: null, address: '2001:1::1' }],
    ['address:64:ff9c::', { user: null, address: '64:ff9c::192.0.2.1' }],
    ['address:malformed', { user: null, address: '192.0.2.1:4711' }],
    ['address:malformed', { user: null, address: 'unknown' }],
    ['key:tenant 5', { limit: { key: () => 'tenant 5' } }],
  ])('%s for %o', async (key, setup) => {
    expect((await ask(counts, setup)).keys).toEqual([hashed(key)])
  })

  test('of the app receives the user, the channel and the address', async () => {
    const received: RateLimitContext<Request, unknown>[] = []
    const limit = {
      key(attempt: RateLimitContext<Request, unknown>) {
        received.push(attempt)
        return 'key'
      },
    }
    await ask(counts, { limit })
    await ask(counts, { limit, user: null, path: 'user-auth' })
    const common = { socketId: '1.1', address: '192.0.2.1', authInfo: undefined, request: expect.any(Request) }
    expect(received).toEqual([
      { ...common, channel: 'private-a', kind: 'private', user: { id: '1' } },
      { ...common, channel: undefined, kind: undefined, user: undefined },
    ])
  })

  const own = new Error('of the app')
  test.each<[string, Setup, object]>([
    ['no address', { user: null, address: undefined }, { code: 'client_ip_unavailable' }],
    ['an empty address', { user: null, address: '' }, { code: 'client_ip_unavailable' }],
    ['a promised address', { user: null, address: Promise.resolve('::1') }, { code: 'client_ip_unavailable' }],
    [
      'a promised address that fails',
      { user: null, limit: { address: () => Promise.reject(new Error('no')) as never } },
      {
        code: 'client_ip_unavailable',
        message: expect.stringMatching(/^options\.rateLimit has neither a user nor a client IP address/),
      },
    ],
    [
      'a promised key that fails',
      { limit: { key: () => Promise.reject(new Error('no')) as never } },
      {
        code: 'invalid_callback_result',
        message: expect.stringMatching(/^rateLimit\.key must return a non-empty string \(received an object/),
      },
    ],
    ['an address that throws', { limit: { address: throws(null) } }, { code: 'non_error_thrown' }],
    ['an empty key', { limit: { key: () => '' } }, { code: 'invalid_callback_result' }],
    ['a key that is no text', { limit: { key: () => 1 as unknown as string } }, { code: 'invalid_callback_result' }],
    ['a key that throws', { limit: { key: throws(own) } }, own],
    ['a key that throws no error', { limit: { key: throws('route') } }, { code: 'non_error_thrown' }],
  ])('%s is an error of the app: nothing is counted or decided', async (_name, setup, error) => {
    const result = await ask(counts, setup)
    expect(result).toMatchObject({ status: 500, keys: [], authorized: 0, failures: [] })
    expect(result.errors).toEqual([error instanceof Error ? error : expect.objectContaining(error)])
  })

  test('without the option user, it is of the address', async () => {
    const keys: string[] = []
    const limiter: RateLimiter = { consume: async (key) => void keys.push(key) }
    const handler = fetchHandler({ client, authorize: () => true, rateLimit: { limiter, address: () => '::1' } })
    expect((await handler(joining('private-a'))).status).toBe(200)
    expect(keys).toEqual([hashed('address:::')])
  })
})

describe('over the limit', () => {
  test.each([
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [59_001, '60'],
    [0, '1'],
    [-1, '1'],
    [0.5, '1'],
    [Number.MAX_SAFE_INTEGER, '2147483647'],
    [Number.POSITIVE_INFINITY, '2147483647'],
  ])('with %d ms to wait: 429 with Retry-After %s', async (msBeforeNext, retryAfter) => {
    const result = await ask(rejects({ msBeforeNext }))
    expect(result).toMatchObject({
      status: 429,
      retryAfter,
      body: { error: 'Too many requests' },
      authorized: 0,
      failures: [],
      errors: [],
      events: [{ outcome: 'refused', status: 429, channel: 'private-a' }],
    })
  })

  test.each([{ user: null }, { user: deny({ status: 401 }) }, { path: 'user-auth' as const }])('%o', async (setup) => {
    expect(await ask(rejects({ msBeforeNext: 1 }), setup)).toMatchObject({ status: 429, keys: [expect.any(String)] })
  })

  test('an error with msBeforeNext is no failure of the store', async () => {
    const result = await ask(rejects(Object.assign(new Error('slow down'), { msBeforeNext: 5000 })))
    expect(result).toMatchObject({ status: 429, retryAfter: '5', failures: [] })
  })

  test('a malformed request is not counted', async () => {
    expect(await ask(counts, { channel: 'a:b' })).toMatchObject({ status: 400, keys: [] })
  })
})

describe('the limiters of rate-limiter-flexible', () => {
  const two = { points: 2, duration: 60 }
  test.each<[string, RateLimiter, number]>([
    ['RateLimiterMemory', new RateLimiterMemory(two), 2],
    [
      'RateLimiterUnion',
      new RateLimiterUnion(
        new RateLimiterMemory({ ...two, keyPrefix: 'minute' }),
        new RateLimiterMemory({ points: 5, duration: 3600, keyPrefix: 'hour' }),
      ),
      2,
    ],
    [
      'BurstyRateLimiter',
      new BurstyRateLimiter(
        new RateLimiterMemory(two),
        new RateLimiterMemory({ points: 1, duration: 60, keyPrefix: 'b' }),
      ),
      3,
    ],
    [
      'RLWrapperBlackAndWhite',
      new RLWrapperBlackAndWhite({
        limiter: new RateLimiterMemory(two),
        blackList: [hashed('user:1')],
      }),
      0,
    ],
  ])('%s', async (_name, limiter, granted) => {
    const answers = []
    for (let i = 0; i < granted + 2; i++) answers.push(await ask((key) => limiter.consume(key)))
    expect(answers.map(({ status }) => status)).toEqual([...Array(granted).fill(200), 429, 429])
    expect(Number(answers.at(-1)?.retryAfter)).toBeGreaterThan(50)
    expect(answers.flatMap(({ failures }) => failures)).toEqual([])
  })

  test('a union waits for its longest limiter, and a refusal outweighs a failure', async () => {
    const down = new Error('down')
    expect(await ask(rejects({ a: { msBeforeNext: 1500 }, b: { msBeforeNext: 9000 } }))).toMatchObject({
      status: 429,
      retryAfter: '9',
    })
    expect(await ask(rejects({ a: { msBeforeNext: 1500 }, b: down }))).toMatchObject({ status: 429, failures: [] })
    expect(await ask(rejects({ a: down }))).toMatchObject({ status: 200, failures: [{ code: 'limiter_unavailable' }] })
  })
})

describe('a limiter that fails', () => {
  const down = new Error('connect ECONNREFUSED')
  const ways: [string, RateLimiter['consume'], unknown][] = [
    ['is down', rejects(down), down],
    ['throws', throws(down), down],
    ['hangs', () => new Promise(() => {}), expect.objectContaining({ code: 'callback_timeout' })],
    [
      'answers too late',
      () => new Promise((_resolve, reject) => setTimeout(() => reject({ msBeforeNext: 1 }), 40)),
      expect.objectContaining({ code: 'callback_timeout' }),
    ],
    ...[undefined, null, 'no', 0, {}, [], { msBeforeNext: Number.NaN }, { msBeforeNext: '5' }].map(
      (value): [string, RateLimiter['consume'], unknown] => [
        `rejects with ${inspect(value)}`,
        rejects(value),
        expect.objectContaining({ code: 'non_error_thrown', cause: value }),
      ],
    ),
  ]
  const failure = (cause: unknown) =>
    expect.objectContaining({ name: 'PingerchipsError', code: 'limiter_unavailable', retryable: true, cause })

  test.each(ways)('%s: the request goes on, and onBackgroundError is called', async (_name, consume, cause) => {
    const result = await ask(consume)
    expect(result).toMatchObject({ status: 200, authorized: 1, errors: [] })
    expect(result.failures).toEqual([failure(cause)])
    expect(inspect(result, { depth: 9, showHidden: true })).not.toContain('canary')
  })

  test.each(ways)('%s, with deny: 503', async (_name, consume, cause) => {
    const result = await ask(consume, { limit: { onStoreError: 'deny' } })
    expect(result).toMatchObject({
      status: 503,
      body: { error: 'Service unavailable' },
      authorized: 0,
      errors: [],
      events: [{ outcome: 'refused', status: 503 }],
    })
    expect(result.failures).toEqual([failure(cause)])
  })

  test('the error says what happened to the request', async () => {
    const never = () => new Promise(() => {})
    const cause = expect.objectContaining({ message: 'rateLimit.limiter did not return within 20 ms.' })
    expect((await ask(never)).failures).toEqual([
      expect.objectContaining({ cause, message: expect.stringMatching(/the request was let through uncounted\./) }),
    ])
    expect((await ask(never, { limit: { onStoreError: 'deny' } })).failures).toEqual([
      expect.objectContaining({ cause, message: expect.stringMatching(/the request was refused with a 503\./) }),
    ])
  })

  test('an error is a failure of the store, whatever properties it has', async () => {
    const error = Object.assign(new Error('down'), { last: { msBeforeNext: 1000 } })
    expect(await ask(rejects(error))).toMatchObject({ status: 200, failures: [{ cause: error }] })
  })

  test('allow does not skip user and authorize', async () => {
    expect(await ask(rejects(down), { user: null })).toMatchObject({ status: 403, authorized: 0 })
  })
})

describe('the options', () => {
  const limiter: RateLimiter = { consume: counts }
  const good = { limiter }
  test.each([
    [null, /^options\.rateLimit must be an object/],
    [{ ...good, points: 5 }, /rateLimit\.points/],
    [{}, /^options\.rateLimit\.limiter must have a method consume.* \(received undefined\)/],
    [{ limiter: { points: 5 } }, /^options\.rateLimit\.limiter must have a method consume/],
    [{ ...good, salt: 'canary of sixteen bytes' }, /rateLimit\.salt/],
    [{ ...good, key: 'user' }, /^options\.rateLimit\.key must be a function/],
    [{ ...good, address: '1.2.3.4' }, /^options\.rateLimit\.address must be a function/],
    [{ ...good, onStoreError: true }, /^options\.rateLimit\.onStoreError must be 'allow' or 'deny'/],
    [{ ...good, timeout: 0 }, /^options\.rateLimit\.timeout must be/],
  ])('%o', (limit, message) => {
    const make = () => new MountedEndpoint({ client, authorize: () => true, rateLimit: limit } as never, () => '::1')
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
    expect(make).not.toThrow(/canary of/)
  })

  test.each(['allow', 'deny', undefined])('onStoreError %s', (onStoreError) => {
    expect(
      () =>
        new MountedEndpoint(
          { client, authorize: () => true, rateLimit: { ...good, onStoreError } } as never,
          () => '::1',
        ),
    ).not.toThrow()
  })

  test('without an address of the framework, address or key is required', () => {
    const make = (limit: RateLimitOptions<Request, undefined>) =>
      fetchHandler({ client, authorize: () => true, rateLimit: limit })
    expect(() => make(good)).toThrow(/^options\.rateLimit\.address is missing/)
    make({ ...good, address: () => '::1' })
    make({ ...good, key: () => 'all' })
    nodeHandler({ client, authorize: () => true, rateLimit: good })
  })
})
