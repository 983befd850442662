import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as core from '../src/index.ts'
import { assertEventName, assertUserId, channelKind, isChannel, isSocketId } from '../src/names.ts'
import { channelString } from '../src/sign/channel.ts'
import { userString } from '../src/sign/user.ts'

/** How many cases each property tries: more by `npm run fuzz`. */
const numRuns = Math.ceil(Number(process.env.FUZZ_CASES ?? 100_000) / 4)
const settings: fc.Parameters<unknown> = process.env.FUZZ_SEED
  ? { numRuns, seed: Number(process.env.FUZZ_SEED) }
  : { numRuns }

const letters = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const alphabets = {
  socketId: new Set([...letters, ...letters.toUpperCase(), ...digits, ...'._-']),
  channel: new Set([...letters, ...letters.toUpperCase(), ...digits, ...'_-=@,.;']),
}
const within = (value: unknown, alphabet: ReadonlySet<string>, longest: number) =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= longest &&
  value.split('').every((unit) => alphabet.has(unit))

/** Names near to good ones: a delimiter, a newline, a look-alike or another case somewhere. */
const part = fc.constantFrom(
  '1.1',
  'private-',
  'presence-',
  'private-encrypted-',
  'a',
  'A',
  '-',
  '',
  ':',
  '\n',
  '\r\n',
  '\u2028',
  ' ',
  'ａ',
  'а',
  '\0',
  '%0a',
  'user',
  '::user::',
  '{"user_id":"1"}',
  '\ud800',
)
const nearName = fc.oneof(
  fc.array(part, { maxLength: 5 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.nat(210).map((length) => 'a'.repeat(length)),
  fc.anything(),
)

describe('names', () => {
  test('socket ids are what a list of their characters says', () => {
    fc.assert(
      fc.property(nearName, (value) => isSocketId(value) === within(value, alphabets.socketId, 64)),
      settings,
    )
  })
  test('channels are what a list of their characters says', () => {
    fc.assert(
      fc.property(nearName, (value) => isChannel(value) === within(value, alphabets.channel, 200)),
      settings,
    )
  })
  test('user ids and event names are as long as is documented, and no longer', () => {
    assertUserId('x'.repeat(184), 'userId')
    expect(() => assertUserId('x'.repeat(185), 'userId')).toThrow(/^userId must be .* of 1 to 184 characters/)
    assertEventName('x'.repeat(200), 'event')
    expect(() => assertEventName('x'.repeat(201), 'event')).toThrow(/^event must be .* of 1 to 200 characters/)
  })
})

/**
 * Everything that an app's secret signs, each in its documented form. The last two are formats of the service that this
 * package does not sign: no signature of ours may be good for one of theirs either.
 */
const signedTexts = {
  channel: (socketId: string, channel: string) => channelString(socketId, channel),
  member: (socketId: string, channel: string, data: string) =>
    channelString(socketId, channel, JSON.stringify({ user_id: data })),
  user: (socketId: string, _channel: string, data: string) => userString(socketId, JSON.stringify({ id: data })),
  object: (socketId: string, type: string, key: string) => `${socketId}:durable:v1:app:key:${type}:${key}`,
  chat: (socketId: string, thread: string, client: string) => `${socketId}:chat:v1:app:key:thread:${thread}:${client}`,
  trigger: (_socketId: string, channel: string, data: string) =>
    `POST\n/api/apps/key/trigger\n1353088179\n${JSON.stringify({ channel, event: 'e', data })}`,
}

describe('what is signed', () => {
  /** Drawn to collide: few parts, whose joints look like delimiters. */
  const socketId = fc
    .array(fc.constantFrom('1', '.', 'user', 'chat', '-'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''))
  const channel = fc
    .tuple(
      fc.constantFrom('private-', 'presence-', 'private-encrypted-'),
      fc.array(fc.constantFrom('1', ';', ',', 'v1', 'user', '-'), { minLength: 1, maxLength: 3 }),
    )
    .map(([prefix, parts]) => prefix + parts.join(''))
  const data = fc
    .array(fc.constantFrom('1', ':', '\n', 'user', '"', '\\', '', '{', '}', 'private-1'), { maxLength: 4 })
    .map((parts) => parts.join(''))

  test('no two different things are signed as the same text', () => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(signedTexts) as (keyof typeof signedTexts)[])),
        socketId,
        channel,
        data,
        (format, id, name, extra) => {
          const text = signedTexts[format](id, name, extra)
          // A format that leaves a part out signs the same thing whatever it is.
          const meant = JSON.stringify(
            {
              channel: [format, id, name],
              member: [format, id, name, extra],
              user: [format, id, extra],
              object: [format, id, name, extra],
              chat: [format, id, name, extra],
              trigger: [format, name, extra],
            }[format],
          )
          expect(seen.get(text) ?? meant).toBe(meant)
          if (seen.size < 2_000_000) seen.set(text, meant)
        },
      ),
      settings,
    )
  })

  test('only well-formed names are', () => {
    const client = new core.PingerchipsServer('3', 'secret', { appKey: 'key' })
    fc.assert(
      fc.property(nearName, nearName, (id, name) => {
        let auth: unknown
        try {
          auth = client.authenticate(id as string, name as string)
        } catch (error) {
          expect((error as { code?: unknown }).code).toMatch(/^(invalid_argument|encryption_key_missing)$/)
        }
        const good = within(id, alphabets.socketId, 64) && within(name, alphabets.channel, 200)
        if (auth !== undefined) expect([good, channelKind(name as string)]).toEqual([true, 'private'])
      }),
      settings,
    )
  })
})

/** Every function of the package, called with anything in the place of anything. */
const client = new core.PingerchipsServer('3', 'secret', { appKey: 'key', endpoint: 'http://127.0.0.1:9' })
const callable = core as unknown as Record<string, (...values: unknown[]) => unknown>
const methods = client as unknown as Record<string, (...values: unknown[]) => unknown>
const publicCalls: Record<string, (...values: unknown[]) => unknown> = {
  'new PingerchipsServer': (id, secret, options) =>
    new core.PingerchipsServer(id as string, secret as string, options as object),
  fromEnv: (options, env) => core.PingerchipsServer.fromEnv(options as object, env as Record<string, unknown>),
  ...Object.fromEntries(
    Object.entries(callable)
      // A class is called with new, and what is sent needs a server.
      .filter(([name, value]) => typeof value === 'function' && !/^[A-Z]|^default$|^sendServer$/.test(name))
      .map(([name, value]) => [name, value]),
  ),
  ...Object.fromEntries(
    Object.getOwnPropertyNames(core.PingerchipsServer.prototype)
      .filter((name) => !['constructor', 'close', 'background'].includes(name))
      .map((name) => [`client.${name}`, (...values: unknown[]) => methods[name]?.(...values)]),
  ),
}

describe('for any value, a public function throws nothing but what it documents', () => {
  const calls = Object.entries(publicCalls)
  test('there are some', () => expect(calls.length).toBeGreaterThan(12))
  test.each(calls)('%s', async (_name, call) => {
    const values = fc.array(fc.oneof(fc.anything(), nearName), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        try {
          const result = call(...given)
          if (result instanceof Promise) await result
        } catch (error) {
          const { code } = error as { code?: unknown }
          if (!(error instanceof TypeError && code === 'invalid_argument') && !(error instanceof core.PingerchipsError))
            throw error
        }
      }),
      { ...settings, numRuns: Math.ceil(numRuns / calls.length) },
    )
  })
})
