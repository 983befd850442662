import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import Pusher from 'pusher'
import { describe, expect, test } from 'vitest'
import DefaultExport, { type Member, PingerchipsError, PingerchipsServer, type SigninUser } from '../src/index.ts'

const appKey = '278d425bdf160c739803'
const appSecret = '7ad3773142a6692b25b8'
const cases = Number(process.env.FUZZ_CASES ?? 10_000)
const client = new PingerchipsServer('3', appSecret, { appKey })

const channelCharacter = fc.constantFrom(...'abcXYZ0189_-=@,.;')
const name = (prefix: string) =>
  fc.string({ unit: channelCharacter, minLength: 1, maxLength: 200 - prefix.length }).map((rest) => prefix + rest)
/** What the `pusher` package takes for a socket id. */
const socketId = fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `${a}.${b}`)
const member: fc.Arbitrary<Member> = fc.record(
  { user_id: fc.string({ unit: 'grapheme', minLength: 1 }), user_info: fc.dictionary(fc.string(), fc.jsonValue()) },
  { requiredKeys: ['user_id'] },
)

test('the default export is the named one', () => expect(DefaultExport).toBe(PingerchipsServer))

describe('authenticate', () => {
  test('private', () => {
    expect(client.authenticate('1234.1234', 'private-foobar')).toEqual({
      auth: `${appKey}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4`,
    })
  })

  test('presence', () => {
    expect(
      client.authenticate('1234.1234', 'presence-foobar', { user_id: 10, user_info: { name: 'Mr. Channels' } }),
    ).toEqual({
      auth: `${appKey}:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80`,
      channel_data: '{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
    })
  })

  test('private with user data', () => {
    const signature = createHmac('sha256', appSecret).update('1.1:private-a:{"user_id":"ü"}').digest('hex')
    expect(client.authenticate('1.1', 'private-a', { user_id: 'ü' })).toEqual({
      auth: `${appKey}:${signature}`,
      channel_data: '{"user_id":"ü"}',
      user_data: '{"user_id":"ü"}',
    })
  })

  test.each(['text', '', 1, 0, true, false, null, [], ['a'], new Date(0), { toJSON: () => 'text' }])(
    'refuses user_info that is no object: %o',
    (info) => {
      const user_info = info as object
      for (const channel of ['private-a', 'presence-a'])
        expectRefusal(() => client.authenticate('1.1', channel, { user_id: 'a', user_info }), 'userData.user_info')
      expectRefusal(() => client.authenticateUser('1.1', { id: 'a', user_info }), 'userData.user_info')
    },
  )

  test('the id of a Phoenix connection', () => {
    expect(client.authenticate('abc123.def456', 'private-a').auth).toMatch(/^[0-9a-f]+:[0-9a-f]{64}$/)
  })

  test(`gives, for ${cases} random inputs, byte for byte what the pusher package gives`, () => {
    const pusher = new Pusher({ appId: '3', key: appKey, secret: appSecret, host: '127.0.0.1' })
    const runs = { numRuns: cases / 2 }
    fc.assert(
      fc.property(
        socketId,
        name('private-').filter((channel) => !channel.startsWith('private-encrypted-')),
        (id, channel) => {
          assert.deepEqual(client.authenticate(id, channel), pusher.authorizeChannel(id, channel))
        },
      ),
      runs,
    )
    fc.assert(
      fc.property(socketId, name('presence-'), member, (id, channel, data) => {
        const theirs = pusher.authorizeChannel(id, channel, data as Pusher.PresenceChannelData)
        assert.deepEqual(client.authenticate(id, channel, data), theirs)
      }),
      runs,
    )
  })

  test('two different admissions never sign the same text', () => {
    const parts = fc.tuple(socketId, fc.oneof(name('private-'), name('presence-')), member)
    const signed = ([id, channel, data]: [string, string, Member]) => client.authenticate(id, channel, data).auth
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        fc.pre(!one[1].startsWith('private-encrypted-') && !other[1].startsWith('private-encrypted-'))
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        expect(signed(one)).not.toBe(signed(other))
      }),
    )
  })

  test('signs the text that was checked, of a member that changes while it is read', () => {
    let looks = 0
    const shifty = {
      get user_id() {
        looks++
        return looks === 1 ? 'alice' : 'admin'
      },
    }
    expect(client.authenticate('1.1', 'presence-a', shifty).channel_data).toBe('{"user_id":"alice"}')
    expect(
      client.authenticate('1.1', 'presence-a', { user_id: 'x', toJSON: () => ({ user_id: 'y' }) } as Member)
        .channel_data,
    ).toBe('{"user_id":"y"}')
  })

  const badSocketIds = [
    undefined,
    null,
    1,
    '',
    ['1.1'],
    { toString: () => '1.1' },
    '1.1:private-b',
    ':1.1',
    '1.1\n',
    ' 1.1',
    '1'.repeat(65),
    'ü',
  ]
  test.each(badSocketIds.map((value) => [value]))('refuses the socket id %j', (value) => {
    expectRefusal(() => client.authenticate(value as string, 'private-a'), 'socketId', value)
  })

  const badChannels = [
    undefined,
    null,
    1,
    '',
    'lobby',
    'private-',
    'presence-',
    'private-encrypted-',
    'PRIVATE-a',
    'private-a\n',
    'private-a:b',
    'private-ａ',
    ['private-a'],
    `private-${'a'.repeat(193)}`,
  ]
  test.each(badChannels.map((value) => [value]))('refuses the channel %j', (value) => {
    expectRefusal(() => client.authenticate('1.1', value as string, { user_id: '1' }), 'channel', value)
  })

  test.each([[true], ['alice'], [1], [[]], [{ user_id: 'a', toJSON() {} }]])('refuses %o for a member', (value) => {
    expectRefusal(() => client.authenticate('1.1', 'private-a', value as never), 'userData')
  })

  const badMembers = [
    {},
    { user_id: '' },
    { user_id: '\ud800' },
    { user_id: null },
    { user_id: {} },
    { user_id: 1.5 },
    { user_id: Number.NaN },
    Object.create({ user_id: 'inherited' }),
    { __proto__: { user_id: 'a' } },
    { user_id: 'a', toJSON: () => 'a' },
    { user_id: 'a', toJSON: () => null },
  ]
  test.each(badMembers.map((value) => [value]))('refuses the member %o', (value) => {
    for (const channel of ['private-a', 'presence-a'])
      expectRefusal(() => client.authenticate('1.1', channel, value as Member), 'userData.user_id')
  })

  test('refuses a member with a circular reference', () => {
    const circle: { user_id: string; user_info?: object } = { user_id: 'a' }
    circle.user_info = circle
    expect(() => client.authenticate('1.1', 'presence-a', circle)).toThrow(
      /^userData must be JSON, without circular references/,
    )
  })

  test('refuses a presence channel without a member', () => {
    expect(() => client.authenticate('1.1', 'presence-a')).toThrow(/^userData must be .* for a presence channel/)
  })

  test('the error lists the characters of a channel name', () => {
    expect(() => client.authenticate('1.1', 'private a')).toThrow(/^channel must be 1 to 200 characters of A-Z a-z 0-9/)
  })

  test('without an app key it throws app_key_missing', () => {
    const tokenOnly = new PingerchipsServer('3', appSecret, { token: 't' })
    expect(() => tokenOnly.authenticate('1.1', 'private-a')).toThrow(PingerchipsError)
    expect(() => tokenOnly.authenticate('1.1', 'private-a')).toThrow(/appKey|PINGERCHIPS_APP_KEY/)
  })
})

describe('authenticateUser', () => {
  test('the published vector', () => {
    expect(client.authenticateUser('1234.1234', { id: '12345' })).toEqual({
      auth: `${appKey}:4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba`,
      user_data: '{"id":"12345"}',
    })
  })

  test('all that a user may be', () => {
    const user = {
      id: 'a',
      user_info: { name: 'ü' },
      watchlist: Array.from({ length: 100 }, (_, index) => `b${index}`),
    }
    expect(client.authenticateUser('1.1', user).user_data).toBe(JSON.stringify(user))
    expect(client.authenticateUser('1.1', { id: 'a', watchlist: [] }).user_data).toBe('{"id":"a","watchlist":[]}')
  })

  test.each<[argument: string, user: unknown]>([
    ['userData', undefined],
    ['userData', null],
    ['userData', 'alice'],
    ['userData', [{ id: 'a' }]],
    ['userData', { id: 'a', user_info: 1n }],
    ['userData.id', {}],
    ['userData.id', { id: '' }],
    ['userData.id', { id: 1 }],
    ['userData.id', { id: '\ud800' }],
    ['userData.id', Object.create({ id: 'inherited' })],
    ['userData.id', { id: 'a', toJSON: () => 'a' }],
    ['userData.id', { id: 'a', toJSON: () => null }],
    ['userData.watchlist', { id: 'a', watchlist: 'b' }],
    ['userData.watchlist', { id: 'a', watchlist: null }],
    ['userData.watchlist', { id: 'a', watchlist: ['b', 1] }],
    ['userData.watchlist', { id: 'a', watchlist: ['b', ''] }],
    ['userData.watchlist', { id: 'a', watchlist: Array(101).fill('b') }],
  ])('refuses the %s of %o', (argument, user) => {
    expect(() => client.authenticateUser('1.1', user as SigninUser)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        argument,
        message: expect.stringMatching(/ (must|cannot) ./),
      }),
    )
  })

  test('refuses a malformed socket id', () => {
    expectRefusal(() => client.authenticateUser('1.1:user', { id: 'a' }), 'socketId')
  })
})

/** It throws a `TypeError` that names the argument and does not repeat the value. */
function expectRefusal(call: () => unknown, argument: string, value?: unknown): void {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(new RegExp(`^${argument} (must|needs|cannot) .`))
  if (typeof value === 'string' && value.length > 9) expect(call).not.toThrow(value)
}
