import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import Pusher from 'pusher'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import {
  PingerchipsServer,
  type ReplayStore,
  type Webhook,
  type WebhookEvent,
  type WebhookInput,
  type WebhookOptions,
  type WebhookRefusalCode,
  type WebhookResult,
} from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'
import { MemoryReplayStore } from '../src/webhooks/memory-replay-store.ts'

const appKey = '278d425bdf160c739803'
const appSecret = '7ad3773142a6692b25b8'
const client = new PingerchipsServer('3', appSecret, { appKey })
const now = 1_700_000_000_000

const sign = (body: string | Uint8Array, secret = appSecret) => createHmac('sha256', secret).update(body).digest('hex')
const signed = (rawBody: string, secret = appSecret, key = appKey): WebhookInput => ({
  headers: { 'x-pusher-key': key, 'x-pusher-signature': sign(rawBody, secret) },
  rawBody,
})
const text = (events: readonly unknown[] = [], time_ms: unknown = now) => JSON.stringify({ time_ms, events })
const methodsOf = (store: ReplayStore): ReplayStore => ({
  setIfAbsent: store.setIfAbsent.bind(store),
  setIfEqual: store.setIfEqual.bind(store),
  deleteIfEqual: store.deleteIfEqual.bind(store),
})
/** Every test's webhooks are new: nothing but the tests of replays is about those. */
const read = (input: WebhookInput, options: WebhookOptions = {}) => client.webhook(input, { store: false, ...options })
const code = async (result: Promise<WebhookResult>) => {
  const known = await result
  return known.ok ? 'ok' : known.code
}

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a signed webhook', () => {
  test('verifies the published webhook', async () => {
    vi.setSystemTime(1403175510755)
    const tofu = new PingerchipsServer('3', 'tofu', { appKey })
    const rawBody = '{"time_ms":1403175510755,"events":[{"channel":"test_channel","name":"channel_vacated"}]}'
    const signature = 'c17257e92037cd7de407ebc1ed174ceb7b2e518db127f44411b9ffc4f5b28cc5'
    const headers = { 'X-Pusher-Key': appKey, 'X-Pusher-Signature': signature }
    expect(await tofu.webhook({ headers, rawBody })).toEqual({
      ok: true,
      id: signature,
      timeMs: 1403175510755,
      events: [{ channel: 'test_channel', name: 'channel_vacated' }],
      release: expect.any(Function),
    })
  })

  test('accepts every form of headers and body', async () => {
    const body = text([{ name: 'cache_miss', channel: 'ü☃' }])
    const bytes = new TextEncoder().encode(body)
    const inPool = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('xx')])
    const bodies = [
      body,
      bytes,
      Buffer.from(body),
      bytes.buffer,
      inPool.subarray(2, 2 + bytes.length),
      new DataView(bytes.buffer),
      runInNewContext('new Uint8Array(bytes).buffer', { bytes: [...bytes] }),
    ]
    for (const rawBody of bodies) expect(await code(read({ ...signed(body), rawBody }))).toBe('ok')
    const headers = { 'x-pusher-key': appKey, 'x-pusher-signature': sign(body) }
    const others = [
      new Headers(headers),
      { 'X-PUSHER-KEY': appKey, 'X-Pusher-Signature': sign(body), get: 'a header', other: undefined },
      { 'x-pusher-key': [appKey], 'x-pusher-signature': [sign(body)], accept: ['a', 'b'] },
      Object.assign(Object.create(null), headers),
    ]
    for (const headers of others) expect(await code(read({ headers, rawBody: body }))).toBe('ok')
  })

  test('typed, and what is not known is kept', async () => {
    const known = [
      { name: 'member_added', channel: 'presence-a', user_id: 'a', since: 1 },
      { name: 'client_event', channel: 'private-a', event: 'client-a', data: { a: 1 }, socket_id: '1.1' },
      { name: 'client_event', channel: 'private-a', event: 'client-b', socket_id: '1.1' },
      { name: 'subscription_count', channel: 'a', subscription_count: 0 },
    ]
    const strange = [
      { name: 'weather', channel: 'a' },
      { name: 'toString', channel: 'a' },
      { name: 'unknown' },
      { channel: 'a' },
      { name: ['cache_miss'], channel: 'a' },
      { name: 'channel_occupied' },
      { name: 'channel_occupied', channel: 1 },
      { name: 'member_removed', channel: 'presence-a', user_id: null },
      { name: 'client_event', channel: 'a', event: 'client-a', socket_id: '1.1', user_id: {} },
      { name: 'subscription_count', channel: 'a', subscription_count: '3' },
    ]
    const result = (await read(signed(text([...known, ...strange])))) as Webhook
    expect(result.events).toEqual([...known, ...strange.map((event) => ({ name: 'unknown', event }))])
    const ids = (await read(
      signed(
        text([
          { name: 'member_removed', channel: 'presence-a', user_id: 10 },
          { name: 'client_event', channel: 'a', event: 'client-a', data: '', socket_id: '1.1', user_id: null },
        ]),
      ),
    )) as Webhook
    expect(ids.events).toEqual([
      { name: 'member_removed', channel: 'presence-a', user_id: '10' },
      { name: 'client_event', channel: 'a', event: 'client-a', data: '', socket_id: '1.1' },
    ])
  })

  test('a polluted prototype adds nothing', async () => {
    const polluted = Object.prototype as { channel?: string }
    polluted.channel = 'private-admin'
    try {
      const result = (await read(signed(text([{ name: 'cache_miss' }])))) as Webhook
      expect(result.events).toEqual([{ name: 'unknown', event: { name: 'cache_miss' } }])
    } finally {
      delete polluted.channel
    }
  })

  test('a null prototype for a key makes nothing of it', async () => {
    const body = `{"time_ms":${now},"events":[{"name":"cache_miss","channel":"a","__proto__":{"admin":true}}]}`
    const { events } = (await read(signed(body))) as Webhook
    expect((events[0] as unknown as { admin?: boolean }).admin).toBeUndefined()
  })
})

describe('what is refused', () => {
  const body = text([{ name: 'cache_miss', channel: 'a' }])
  const { headers } = signed(body) as { headers: Record<string, string> }
  const key = { 'x-pusher-key': appKey }
  const withSignature = (signature: unknown) => ({ ...key, 'x-pusher-signature': signature }) as never
  const right = headers['x-pusher-signature'] ?? ''

  const table: [string, WebhookRefusalCode, WebhookInput['headers'], string?][] = [
    ['no headers', 'missing_signature', {}],
    ['no signature', 'missing_signature', key],
    ['no signature in Headers', 'missing_signature', new Headers(key)],
    ['no key in Headers', 'missing_signature', new Headers({ 'x-pusher-signature': right })],
    ['an empty signature', 'missing_signature', withSignature('')],
    ['a signature that is no text', 'missing_signature', withSignature(1)],
    ['a signature that is an object', 'missing_signature', withSignature({ length: 64 })],
    ['inherited headers', 'missing_signature', Object.create(headers)],
    ['no key', 'missing_signature', { 'x-pusher-signature': right }],
    ['an unknown key', 'unknown_key', { ...headers, 'x-pusher-key': 'other' }],
    ['a key in another case', 'unknown_key', { ...headers, 'x-pusher-key': appKey.toUpperCase() }],
    ['a key of the prototype', 'unknown_key', { ...headers, 'x-pusher-key': '__proto__' }],
    ['two keys', 'unknown_key', { ...headers, 'x-pusher-key': [appKey, appKey] }],
    ['a key in two parts', 'unknown_key', { ...headers, 'x-pusher-key': [appKey.slice(0, 9), appKey.slice(9)] }],
    ['two keys in two cases', 'unknown_key', { ...headers, 'X-Pusher-Key': 'other' }],
    ['two signatures', 'invalid_signature', withSignature([right, right])],
    ['two signatures in two cases', 'invalid_signature', { ...headers, 'X-Pusher-Signature': right }],
    ['a signature in two parts', 'invalid_signature', withSignature([right.slice(0, 9), right.slice(9)])],
    ['upper case', 'invalid_signature', withSignature(right.toUpperCase())],
    ['a blank behind', 'invalid_signature', withSignature(`${right} `)],
    ['a line end behind', 'invalid_signature', withSignature(`${right}\n`)],
    ['a scheme before', 'invalid_signature', withSignature(`sha256=${right}`)],
    ['half a signature', 'invalid_signature', withSignature(right.slice(0, 32))],
    ['too long', 'invalid_signature', withSignature('0'.repeat(1e6))],
    ['not hex', 'invalid_signature', withSignature('g'.repeat(64))],
    ['64 characters of more bytes', 'invalid_signature', withSignature('é'.repeat(64))],
    ['base64', 'invalid_signature', withSignature(Buffer.from(right, 'hex').toString('base64'))],
    ['another body', 'invalid_signature', headers, `${body} `],
    ['written again', 'invalid_signature', headers, JSON.stringify(JSON.parse(body), null, 1)],
    ['no body', 'invalid_signature', headers, ''],
  ]
  test.each(table)('%s', async (_name, expected, headers, rawBody = body) => {
    expect(await read({ headers, rawBody })).toEqual({ ok: false, code: expected, status: 401 })
  })

  test.each([
    '',
    '{',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"time_ms":1}',
    '{"events":[]}',
    text([], '1'),
    text([], null),
    text([], 1.5),
    '{"time_ms":1e400,"events":[]}',
    '{"time_ms":1,"events":{"length":0}}',
    '{"time_ms":1,"events":"[]"}',
    text([1]),
    text([null]),
    text([[]]),
    '{"__proto__":{"time_ms":1,"events":[]}}',
  ])('well signed, and no webhook: %s', async (body) => {
    expect(await read(signed(body))).toEqual({ ok: false, code: 'malformed', status: 400 })
  })

  test('well signed, and not UTF-8', async () => {
    const bytes = Buffer.from(text([{ name: 'cache_miss', channel: '\xff' }]), 'latin1')
    const headers = { ...key, 'x-pusher-signature': sign(bytes) }
    expect(await code(read({ headers, rawBody: bytes }))).toBe('malformed')
    // Decoded, they are other bytes than were signed.
    expect(await code(read({ headers, rawBody: bytes.toString() }))).toBe('invalid_signature')
  })

  test('random bytes and headers are refused, and never thrown at', async () => {
    const header = fc.oneof(
      fc.constantFrom(appKey, right, '', '__proto__'),
      fc.string({ unit: 'binary' }),
      fc.anything(),
    )
    const name = fc.oneof(fc.constantFrom('x-pusher-key', 'X-Pusher-Signature', 'x-pusher-signature'), fc.string())
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, header), fc.uint8Array({ maxLength: 200 }), async (headers, rawBody) => {
        fc.pre(typeof headers.get !== 'function')
        assert.equal((await read({ headers: headers as never, rawBody })).ok, false)
      }),
      { numRuns: 2000 },
    )
  }, 60_000)

  test('of a good webhook any bit may flip, and it is refused', async () => {
    const bytes = new TextEncoder().encode(body)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(await code(read({ headers, rawBody: flipped })), 'invalid_signature')
    }
    for (let bit = 0; bit < 64 * 8; bit++) {
      const flipped = Buffer.from(right, 'latin1')
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(
        await code(read({ headers: withSignature(flipped.toString('latin1')), rawBody: body })),
        'invalid_signature',
      )
    }
  })

  test('as the pusher package has it, for random bodies', async () => {
    const pusher = new Pusher({ appId: '3', key: appKey, secret: appSecret, host: '127.0.0.1' })
    const event = fc.record({ name: fc.string(), channel: fc.string(), data: fc.jsonValue() })
    const bodies = fc.tuple(fc.array(event), fc.string(), fc.boolean(), fc.constantFrom(appKey, 'other'))
    await fc.assert(
      fc.asyncProperty(bodies, async ([events, tail, tamper, key]) => {
        const rawBody = text(events)
        const signature = sign(tamper ? rawBody + tail : rawBody)
        const headers = { 'content-type': 'application/json', 'x-pusher-key': key, 'x-pusher-signature': signature }
        const theirs = pusher.webhook({ headers, rawBody })
        const ours = await read({ headers, rawBody })
        assert.equal(ours.ok, theirs.isValid())
        if (ours.ok) assert.deepEqual(ours.events.map(rawOf), theirs.getEvents())
      }),
      { numRuns: 2000 },
    )
  })
})

const rawOf = (event: WebhookEvent) => (event.name === 'unknown' ? event.event : event)

describe('secrets', () => {
  const options = {
    additionalSecrets: ['before', { key: 'other', secret: 'theirs' }, { key: 'other', secret: 'theirs before' }],
  }
  test.each([
    [appSecret, appKey, 'ok'],
    ['before', appKey, 'ok'],
    ['theirs', 'other', 'ok'],
    ['theirs before', 'other', 'ok'],
    ['theirs', appKey, 'invalid_signature'],
    ['before', 'other', 'invalid_signature'],
    [appSecret, 'other', 'invalid_signature'],
    ['before', 'third', 'unknown_key'],
  ])('%s with %s: %s', async (secret, key, expected) => {
    expect(await code(read(signed(text(), secret, key), options))).toBe(expected)
  })
  test('ten secrets, two of each key', async () => {
    const secrets = Array.from({ length: 10 }, (_, index) => ({ key: `key${index >> 1}`, secret: `secret ${index}` }))
    expect(await code(read(signed(text(), 'secret 9', 'key4'), { additionalSecrets: secrets }))).toBe('ok')
    const three = [1, 2, 3].map((index) => `secret ${index}`)
    await expect(read(signed(text()), { additionalSecrets: three })).rejects.toThrow(
      'options.additionalSecrets must have at most 2 secrets of one key',
    )
  })
  test('without additionalSecrets other secrets are refused', async () => {
    expect(await code(read(signed(text(), 'before')))).toBe('invalid_signature')
  })
})

describe('time', () => {
  test.each([
    [0, 'ok'],
    [300_000, 'ok'],
    [-300_000, 'ok'],
    [300_001, 'expired'],
    [-300_001, 'expired'],
    [Number.MAX_SAFE_INTEGER - now, 'expired'],
    [-now, 'expired'],
  ])('%d ms off: %s', async (off, expected) => {
    expect(await code(read(signed(text([], now + off))))).toBe(expected)
  })
  test('the option tolerance', async () => {
    expect(await code(read(signed(text([], now - 1001)), { tolerance: 1000 }))).toBe('expired')
    expect(await code(read(signed(text([], now - 999_999)), { tolerance: 1_000_000 }))).toBe('ok')
  })
})

describe('replays', () => {
  test('a replayed webhook is refused with status 200', async () => {
    const input = signed(text([{ name: 'cache_miss', channel: 'replayed' }]))
    expect(await code(client.webhook(input))).toBe('ok')
    expect(await client.webhook(input)).toEqual({ ok: false, code: 'replayed', status: 200 })
    expect(await code(new PingerchipsServer('3', appSecret, { appKey }).webhook(input))).toBe('ok')
  })
  test('of 20 concurrent deliveries one is accepted', async () => {
    const input = signed(text([{ name: 'cache_miss', channel: 'at the same time' }]))
    const codes = await Promise.all(Array.from({ length: 20 }, () => code(client.webhook(input))))
    expect(codes.filter((code) => code === 'ok').length).toBe(1)
  })
  test('a released webhook is accepted again', async () => {
    const input = signed(text([{ name: 'cache_miss', channel: 'forgotten' }]))
    for (let n = 0; n < 2; n++) await ((await client.webhook(input)) as Webhook).release()
    expect(await code(client.webhook(input))).toBe('ok')
  })
  test('a webhook is remembered until it expires', async () => {
    const future = signed(text([], now + 300_000))
    expect(await code(client.webhook(future))).toBe('ok')
    vi.setSystemTime(now + 600_000)
    expect(await code(client.webhook(future))).toBe('replayed')
    vi.setSystemTime(now + 600_001)
    expect(await code(client.webhook(future))).toBe('expired')
  })
  test('only webhooks with a valid signature get into the store', async () => {
    const store = { setIfAbsent: vi.fn(), setIfEqual: vi.fn(), deleteIfEqual: vi.fn() }
    for (const input of [signed(text(), 'wrong'), signed('{}'), signed(text([], 1))])
      expect((await client.webhook(input, { store })).ok).toBe(false)
    expect(store.setIfAbsent).not.toHaveBeenCalled()
    await client.webhook(signed(text()), { store })
    expect(store.setIfAbsent).toHaveBeenCalledExactlyOnceWith(
      sign(text()),
      expect.stringMatching(/^handled [0-9a-f-]{36}$/),
      600_001,
    )
  })
  test('a store that fails, hangs or returns an unknown value rejects', async () => {
    const withAdd = (add: ReplayStore['setIfAbsent']) => ({
      store: { setIfAbsent: add, setIfEqual: () => false, deleteIfEqual() {} },
    })
    const input = signed(text())
    await expect(
      client.webhook(
        input,
        withAdd(() => Promise.reject(new Error('no redis'))),
      ),
    ).rejects.toThrow('no redis')
    const throwsNull = withAdd(() => {
      throw null
    })
    await expect(client.webhook(input, throwsNull)).rejects.toMatchObject({ code: 'non_error_thrown' })
    await expect(
      client.webhook(
        input,
        withAdd(() => 'OK'),
      ),
    ).rejects.toMatchObject({ code: 'invalid_callback_result' })
    await expect(
      client.webhook(
        input,
        withAdd(() => true as never),
      ),
    ).rejects.toMatchObject({
      code: 'invalid_callback_result',
      message: expect.stringMatching(/setIfAbsent must return .* a boolean/),
    })
    vi.useFakeTimers()
    const hangs = expect(
      client.webhook(
        input,
        withAdd(() => new Promise(() => {})),
      ),
    ).rejects.toMatchObject({
      code: 'callback_timeout',
    })
    await vi.advanceTimersByTimeAsync(10_000)
    await hangs
  })
  test('memory is bounded: expired entries are dropped first, then the oldest', () => {
    const store = new MemoryReplayStore(3)
    const add = (id: string, ttl = 100) => store.setIfAbsent(id, 'handled', ttl)
    add('short', 10)
    for (const id of ['a', 'b']) add(id)
    vi.setSystemTime(now + 10)
    expect([add('c'), add('a'), add('d')]).toEqual([undefined, 'handled', undefined])
    expect(['b', 'c', 'd'].map((id) => add(id))).toEqual(['handled', 'handled', 'handled'])
    expect(add('a')).toBeUndefined()
  })
  test('an entry that is set again is the youngest', () => {
    const store = new MemoryReplayStore(3)
    for (const id of ['a', 'b']) store.setIfAbsent(id, 'handled', 100)
    expect(store.setIfEqual('a', 'handled', 'again', 100)).toBe(true)
    for (const id of ['c', 'd']) store.setIfAbsent(id, 'handled', 100)
    expect(['a', 'c', 'd'].map((id) => store.setIfAbsent(id, 'x', 100))).toEqual(['again', 'handled', 'handled'])
  })
  test('memory compares before it changes or deletes', () => {
    const store = new MemoryReplayStore()
    expect(store.setIfEqual('a', 'mine', 'other', 100)).toBe(false)
    store.setIfAbsent('a', 'mine', 100)
    expect(store.setIfEqual('a', 'theirs', 'other', 100)).toBe(false)
    store.deleteIfEqual('a', 'theirs')
    expect(store.setIfAbsent('a', 'x', 100)).toBe('mine')
    vi.setSystemTime(now + 100)
    expect(store.setIfEqual('a', 'mine', 'other', 100)).toBe(false)
    store.setIfAbsent('a', 'mine', 100)
    store.deleteIfEqual('a', 'mine')
    expect(store.setIfAbsent('a', 'x', 100)).toBeUndefined()
  })
})

describe("a caller's own mistakes", () => {
  const good = signed(text())
  test.each([
    ['webhook', undefined, {}],
    ['webhook', null, {}],
    ['webhook', 'body', {}],
    ['webhook.headers', { rawBody: '' }, {}],
    ['webhook.headers', { headers: [], rawBody: '' }, {}],
    ['webhook.rawBody', { headers: {}, rawBody: { time_ms: 1 } }, {}],
    ['webhook.rawBody', { headers: {}, rawBody: undefined }, {}],
    ['webhook.rawBody', { headers: {}, rawBody: [1] }, {}],
    ['options', good, null],
    ['options', good, { secret: 'x' }],
    ['options.additionalSecrets', good, { additionalSecrets: 'x' }],
    ['options.additionalSecrets', good, { additionalSecrets: Array.from({ length: 11 }, () => 'x') }],
    ['options.additionalSecrets[1]', good, { additionalSecrets: ['x', ''] }],
    ['options.additionalSecrets[0]', good, { additionalSecrets: [null] }],
    ['options.additionalSecrets[0]', good, { additionalSecrets: [{ key: 'a', secret: 'b', extra: 1 }] }],
    ['options.additionalSecrets[0].key', good, { additionalSecrets: [{ secret: 'b' }] }],
    ['options.additionalSecrets[0].secret', good, { additionalSecrets: [{ key: 'a', secret: new Uint8Array() }] }],
    ['options.tolerance', good, { tolerance: 0 }],
    ['options.tolerance', good, { tolerance: Number.POSITIVE_INFINITY }],
    ['options.tolerance', good, { tolerance: Number.NaN }],
    ['options.store', good, { store: new Map() }],
    ['options.store', good, { store: true }],
  ])('%s', async (argument, input, options) => {
    await expect(client.webhook(input as never, options as never)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'invalid_argument',
      argument,
      message: expect.stringMatching(/ must .|^Unknown option /),
    })
  })

  test('a parsed body is refused with the fix in the message', async () => {
    await expect(client.webhook({ headers: {}, rawBody: {} as never })).rejects.toThrow(/express\.json\(\{ verify:/)
  })
  test('a client without an app key throws app_key_missing', async () => {
    const keyless = new PingerchipsServer('3', appSecret, { token: 'token' })
    await expect(keyless.webhook(good)).rejects.toMatchObject({ code: 'app_key_missing' })
  })
  test('no message repeats a secret', async () => {
    const secrets = [{ key: 'canary key', secret: 'canary' }, 'canary']
    const failure: Error = await client.webhook(good, { additionalSecrets: secrets }).then(
      () => assert.fail(),
      (error) => error,
    )
    expect(String(failure.stack)).not.toContain('canary')
  })
})

describe('the endpoint', () => {
  const body = text([{ name: 'cache_miss', channel: 'a' }])
  const request = (rawBody = body, headers: Record<string, string> = {}) =>
    new Request('https://app.example/hooks/webhooks/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(signed(rawBody).headers as object), ...headers },
      body: rawBody,
    })
  const handler = (webhooks: object, more: object = {}) =>
    fetchHandler({ client, authorize: () => false, onError: () => {}, webhooks: webhooks as never, ...more })

  test('calls the handler with the events, the id, the time and the request', async () => {
    const on = vi.fn()
    const sent = request()
    const answer = await handler({ handler: on })(sent)
    expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([200, '{}', 'no-store'])
    expect(on).toHaveBeenCalledExactlyOnceWith([{ name: 'cache_miss', channel: 'a' }], {
      id: sign(body),
      timeMs: now,
      request: sent,
    })
  })

  test('routes by the last segment of its path; any other path is the auth endpoint', async () => {
    const on = vi.fn()
    const moved = handler({ handler: on, path: '/anything/from-the-service' })
    const to = (path: string) =>
      moved(new Request(`https://app.example${path}`, request())).then(({ status }) => status)
    expect(await to('/pingerchips/from-the-service')).toBe(200)
    expect(await to('/from-the-service/')).toBe(200)
    expect(await to('/pingerchips/webhooks')).toBe(400)
    expect(on).toHaveBeenCalledTimes(1)
  })

  test('a body over 1 MiB is refused with any Content-Length', async () => {
    const long = text() + ' '.repeat(1024 * 1024)
    const on = vi.fn()
    for (const length of ['10', String(long.length)])
      expect((await handler({ handler: on })(request(long, { 'content-length': length }))).status).toBe(413)
    expect((await handler({ handler: on })(request(body, { 'content-length': String(long.length) }))).status).toBe(413)
    expect(on).not.toHaveBeenCalled()
  })

  test('a body whose stream fails is refused with a 400', async () => {
    const failing = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
    const sent = new Request(request(), { body: failing, duplex: 'half' } as RequestInit)
    expect((await handler({ handler() {} })(sent)).status).toBe(400)
  })

  test('each endpoint has a store of its own by default', async () => {
    const on = vi.fn()
    const endpoint = handler({ handler: on })
    for (let n = 0; n < 3; n++) expect((await endpoint(request())).status).toBe(200)
    expect(on).toHaveBeenCalledTimes(1)
    const forgetful = handler({ handler: on, store: false })
    for (let n = 0; n < 3; n++) expect((await forgetful(request())).status).toBe(200)
    expect(on).toHaveBeenCalledTimes(4)
  })

  test('the store has handling while the handler runs, then handled, or nothing after a failure', async () => {
    const calls: unknown[] = []
    const memory = new MemoryReplayStore()
    const store: ReplayStore = {
      setIfAbsent: async (id, value, ttl) => {
        calls.push(['setIfAbsent', value.split(' ')[0], ttl])
        return memory.setIfAbsent(id, value, ttl)
      },
      setIfEqual: async (id, expected, value, ttl) => {
        calls.push(['setIfEqual', value.split(' ')[0], ttl])
        return memory.setIfEqual(id, expected, value, ttl)
      },
      deleteIfEqual: async (id, expected) => {
        calls.push(['deleteIfEqual', expected.split(' ')[0]])
        memory.deleteIfEqual(id, expected)
      },
    }
    const on = vi.fn().mockRejectedValueOnce(new Error('no'))
    const endpoint = handler({ handler: on, store })
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await endpoint(request())).status)
    expect(statuses).toEqual([500, 200, 200])
    const add = ['setIfAbsent', 'handling', 60_000]
    expect(calls).toEqual([add, ['deleteIfEqual', 'handling'], add, ['setIfEqual', 'handled', 600_001], add])
  })

  test('with a failing store no webhook is handled, and the response is 500', async () => {
    const on = vi.fn()
    const onError = vi.fn()
    const failing = () => Promise.reject(new Error('no redis'))
    const down = { setIfAbsent: failing, setIfEqual: failing, deleteIfEqual: failing }
    expect((await handler({ handler: on, store: down }, { onError })(request())).status).toBe(500)
    expect(on).not.toHaveBeenCalled()
    const hanging = { ...down, setIfAbsent: () => new Promise(() => {}) }
    expect((await handler({ handler: on, store: hanging }, { onError, timeout: 5 })(request())).status).toBe(500)
    const nothingKept = { ...down, setIfAbsent: () => null }
    expect((await handler({ handler: on, store: nothingKept }, { onError })(request())).status).toBe(500)
    expect(on).toHaveBeenCalledTimes(1)
    // The handler's error is reported, not that of the store.
    const busy = handler({ handler: () => Promise.reject(new Error('on failed')), store: nothingKept }, { onError })
    expect((await busy(request())).status).toBe(500)
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual([
      'no redis',
      expect.stringContaining("store's setIfAbsent did not return within 5 ms"),
      'no redis',
      'on failed',
    ])
  })

  test('a handler over its timeout is not called again while it runs, and its success is recorded', async () => {
    let finish: () => void = () => {}
    const on = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
    const onError = vi.fn()
    const endpoint = handler({ handler: on }, { timeout: 5, onError })
    const ask = async () => (await endpoint(request())).status
    expect([await ask(), await ask()]).toEqual([500, 503])
    expect(onError.mock.calls[0]?.[0].message).toBe('webhooks.handler did not return within 5 ms.')
    finish()
    await new Promise((resolve) => setImmediate(resolve))
    expect([await ask(), on.mock.calls.length]).toEqual([200, 1])
  })

  test('a webhook whose process has ended is handled again after the lease', async () => {
    const memory = new MemoryReplayStore()
    // Of a process that has ended nothing renews its lease.
    const died = { ...methodsOf(memory), setIfEqual: () => false }
    const dead = handler({ handler: () => new Promise(() => {}), store: died }, { timeout: 5 })
    await dead(request())
    const on = vi.fn()
    const alive = handler({ handler: on, store: memory }, { timeout: 5 })
    expect((await alive(request())).status).toBe(503)
    vi.setSystemTime(now + 60_000)
    expect((await alive(request())).status).toBe(200)
    expect(on).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['options.webhooks', true],
    ['options.webhooks', { handler() {}, secret: 'x' }],
    ['options.webhooks.handler', {}],
    ['options.webhooks.handler', { handler: 'x' }],
    ['options.webhooks.path', { handler() {}, path: 'webhooks' }],
    ['options.webhooks.path', { handler() {}, path: '/Pingerchips/auth' }],
    ['options.webhooks.tolerance', { handler() {}, tolerance: Number.POSITIVE_INFINITY }],
    ['options.webhooks.additionalSecrets', { handler() {}, additionalSecrets: {} }],
    ['options.webhooks.store', { handler() {}, store: {} }],
  ])('%s is refused when the handler is made', (argument, webhooks) => {
    expect(() => handler(webhooks as object)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        argument,
        message: expect.stringMatching(/ must .|^Unknown option /),
      }),
    )
  })

  test('nodeHandler verifies kept bytes and streams with an encoding', async () => {
    const text = `{"time_ms":${now},"events":[{"name":"cache_miss","channel":"☃"}]}`
    const on = vi.fn()
    const errors: Error[] = []
    const hook = nodeHandler({
      client,
      authorize: () => false,
      webhooks: { handler: on, store: false },
      onError: (e) => errors.push(e),
    })
    const server = createServer(async (req, res) => {
      const [, way = ''] = (req.url ?? '').split('/')
      if (['utf8', 'latin1', 'hex', 'base64'].includes(way)) req.setEncoding(way as BufferEncoding)
      else {
        const bytes = Buffer.concat(await req.toArray())
        if (way === 'bytes') Object.assign(req, { rawBody: bytes, body: JSON.parse(String(bytes)) })
        if (way === 'text') Object.assign(req, { rawBody: String(bytes), body: JSON.parse(String(bytes)) })
        if (way === 'parsed') Object.assign(req, { body: JSON.parse(String(bytes)) })
      }
      await hook(req, res)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const send = async (way: string) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${way}/webhooks`
      const headers = { 'content-type': 'application/json', ...(signed(text).headers as object) }
      return (await fetch(url, { method: 'POST', headers, body: text })).status
    }
    try {
      for (const way of ['utf8', 'latin1', 'hex', 'base64', 'bytes', 'text'])
        expect([way, await send(way)]).toEqual([way, 200])
      expect(errors).toEqual([])
      for (const way of ['parsed', 'drained']) expect([way, await send(way)]).toEqual([way, 500])
      expect(errors).toMatchObject([{ code: 'body_consumed' }, { code: 'body_consumed' }])
      expect(errors[0]?.message).toMatch(/before the parser, such as express\.json\(\).*verify.*bodyParser: false/)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

test('types', async () => {
  const result = await read(signed(text()))
  if (!result.ok) {
    expectTypeOf(result.status).toEqualTypeOf<200 | 400 | 401>()
    expectTypeOf(result.code).toEqualTypeOf<
      'missing_signature' | 'unknown_key' | 'invalid_signature' | 'malformed' | 'expired' | 'replayed'
    >()
    return
  }
  for (const event of result.events)
    switch (event.name) {
      case 'channel_occupied':
      case 'channel_vacated':
      case 'cache_miss':
        expectTypeOf(event.channel).toEqualTypeOf<string>()
        break
      case 'member_added':
      case 'member_removed':
        expectTypeOf(event.user_id).toEqualTypeOf<string>()
        break
      case 'client_event':
        expectTypeOf(event.data).toEqualTypeOf<unknown>()
        expectTypeOf(event.user_id).toEqualTypeOf<string | undefined>()
        // @ts-expect-error: a client event has no count
        void event.subscription_count
        break
      case 'subscription_count':
        expectTypeOf(event.subscription_count).toEqualTypeOf<number>()
        break
      case 'unknown':
        expectTypeOf(event.event).toEqualTypeOf<Readonly<Record<string, unknown>>>()
        break
      default:
        expectTypeOf(event).toEqualTypeOf<never>()
    }
  fetchHandler({
    client,
    authorize: () => false,
    webhooks: {
      async handler(events, { request, timeMs, id }) {
        expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
        expectTypeOf(request).toEqualTypeOf<Request>()
        expectTypeOf(timeMs).toEqualTypeOf<number>()
        expectTypeOf(id).toEqualTypeOf<string>()
      },
    },
  })
  // @ts-expect-error: not what a parser made of it
  await client.webhook({ headers: {}, rawBody: { events: [] } }).catch(() => {})
})
