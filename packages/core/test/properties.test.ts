import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BodyType, bodyFields, bodyType, parseForm } from '../src/auth/parse-request.ts'
import { EndpointResponse } from '../src/auth/responses.ts'
import * as fetchEntry from '../src/fetch.ts'
import * as core from '../src/index.ts'
import {
  assertEventName,
  assertIdentifier,
  assertToken,
  assertUserId,
  channelKind,
  isChannel,
  isSocketId,
} from '../src/internal/validate.ts'
import * as nodeEntry from '../src/node.ts'
import { signedPusherQuery, signSignedRequest } from '../src/signing/api-request.ts'
import { memberText, signChannel } from '../src/signing/channel.ts'
import { signUser, userText } from '../src/signing/user.ts'

/** How many cases all of these properties try together: more by `npm run fuzz`. A failure says its seed. */
const allCases = Number(process.env.FUZZ_CASES ?? 100_000)
const seed = process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }

/** A property, and its part of the cases. */
function holds<Drawn>(
  name: string,
  part: number,
  arbitrary: fc.Arbitrary<Drawn>,
  claim: (drawn: Drawn) => boolean | Promise<boolean>,
): void {
  const numRuns = Math.ceil(allCases * part)
  test(
    name,
    async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary, async (drawn) => claim(drawn)),
        { numRuns, ...seed },
      )
    },
    20_000 + numRuns,
  )
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const alphanumeric = [...letters, ...letters.toUpperCase(), ...digits]
const alphabets = {
  socketId: new Set([...alphanumeric, ...'._-']),
  channel: new Set([...alphanumeric, ...'_-=@,.;']),
  token: new Set(Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))),
}
const within = (value: unknown, alphabet: ReadonlySet<string>, longest: number): value is string =>
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
  '.',
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
const accepts = (assert: (value: unknown, argument: string) => void, value: unknown) => {
  try {
    assert(value, 'value')
    return true
  } catch {
    return false
  }
}

describe('properties of the validators: they agree with what can be seen to be right', () => {
  holds('socket ids', 0.05, nearName, (value) => isSocketId(value) === within(value, alphabets.socketId, 64))
  holds('channels', 0.05, nearName, (value) => isChannel(value) === within(value, alphabets.channel, 200))
  holds(
    'kinds of channels',
    0.02,
    fc.array(part).map((parts) => parts.join('')),
    (name) => {
      const starts = ['private-encrypted-', 'private-', 'presence-'].find((prefix) => name.startsWith(prefix))
      if (starts === undefined) return channelKind(name) === 'public'
      return (
        channelKind(name) ===
        (name === starts ? undefined : starts.replace('private-encrypted', 'encrypted').slice(0, -1))
      )
    },
  )
  holds('user ids', 0.04, nearName, (value) => {
    const units = typeof value === 'string' ? value.split('').map((unit) => unit.charCodeAt(0)) : []
    const isText = units.length > 0 && units.length <= 184 && (value as string).isWellFormed()
    const hasControl = units.some((unit) => unit < 32 || (unit >= 127 && unit < 160))
    return accepts(assertUserId, value) === (isText && !hasControl && value !== '.' && value !== '..')
  })
  holds(
    'ids and keys',
    0.02,
    nearName,
    (value) =>
      accepts(assertIdentifier, value) === (within(value, alphabets.socketId, 200) && !String(value).startsWith('.')),
  )
  holds('tokens', 0.02, nearName, (value) => accepts(assertToken, value) === within(value, alphabets.token, 4096))
  holds(
    'media types',
    0.03,
    fc
      .array(
        fc.constantFrom(
          'application',
          '/',
          'json',
          'JSON',
          'x-www-form-urlencoded',
          ';',
          ' ',
          '\t',
          'charset=utf-8',
          ',',
          'x',
        ),
        { maxLength: 7 },
      )
      .map((parts) => parts.join('')),
    (text) => {
      const known: Record<string, BodyType> = {
        'application/json': 'json',
        'application/x-www-form-urlencoded': 'form',
      }
      const members = text.split(',').filter((member) => member.trim() !== '')
      const types = members.map((member) => known[(/^[^;]*/.exec(member)?.[0] ?? '').trim().toLowerCase()])
      if (types.length === 0 || types.includes(undefined)) return bodyType(text) === undefined
      return bodyType(text) === (types.includes('form') ? 'form' : 'json')
    },
  )
  const pair = fc.tuple(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.string({ unit: 'grapheme', maxLength: 6 }))
  holds('forms: read as they were written', 0.05, fc.array(pair, { maxLength: 6 }), (pairs) => {
    const form = parseForm(new URLSearchParams(pairs).toString())
    const names = pairs.map(([name]) => name)
    if (new Set(names).size !== names.length) return form === undefined
    return form !== undefined && JSON.stringify([...form]) === JSON.stringify(pairs)
  })
  const formText = fc.array(fc.constantFrom('a', '=', '&', '%', '%41', '+', '%zz', '%e2%98%83', '%ff', '[]', 'é'))
  holds('forms: another reader reads the same, or it is refused', 0.05, formText, (parts) => {
    const form = parseForm(parts.join(''))
    return form === undefined || JSON.stringify([...form]) === JSON.stringify([...new URLSearchParams(parts.join(''))])
  })
  const piece = fc.oneof(
    part,
    fc.constantFrom('"', '\\', '\\u0061', '%61', '+', '&', '=', '@', ',', '{', '}', '[', ']'),
  )
  const near = fc.array(piece, { maxLength: 2 }).map((pieces) => pieces.join(''))
  const seldom = fc.oneof({ weight: 5, arbitrary: fc.constant('') }, near)
  const usual = fc.tuple(seldom, near, near, seldom)
  /** What `parsed` has of the fields, beside what the endpoint reads. */
  const readAs = (text: string, type: BodyType, parsed: object | undefined, authInfo: unknown) => {
    const fields = bodyFields(text, type)
    if (fields instanceof EndpointResponse || parsed === undefined)
      return fields instanceof EndpointResponse && parsed === undefined
    const { socket_id, channel_name } = parsed as { socket_id?: unknown; channel_name?: unknown }
    return isDeepStrictEqual({ ...fields }, { socketId: socket_id, channel: channel_name, authInfo })
  }
  holds('bodies: what pingerchips-js sends is what JSON.parse reads', 0.04, usual, ([before, id, channel, behind]) => {
    const text = `${before}{"socket_id":"${id}","channel_name":"${channel}"}${behind}`
    const parsed = parsedJson(text)
    return readAs(text, 'json', typeof parsed === 'object' && parsed !== null ? parsed : undefined, undefined)
  })
  holds(
    'bodies: what pusher-js sends is what the parser of forms reads',
    0.04,
    usual,
    ([before, id, channel, behind]) => {
      const text = `${before}socket_id=${id}&channel_name=${channel}${behind}`
      const form = parseForm(text)
      const { socket_id, channel_name, ...rest } = Object.fromEntries(form ?? [])
      return readAs(text, 'form', form && { socket_id, channel_name }, Object.assign(Object.create(null), rest))
    },
  )
  test('user ids and event names are as long as is documented, and no longer', () => {
    assertUserId('x'.repeat(184), 'userId')
    expect(() => assertUserId('x'.repeat(185), 'userId')).toThrow(/^userId must be .* of 1 to 184 characters/)
    assertEventName('x'.repeat(200), 'event')
    expect(() => assertEventName('x'.repeat(201), 'event')).toThrow(/^event must be .* of 1 to 200 characters/)
  })
})

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In the place of the signature, the text that is signed. */
const unsigned = (message: string | Uint8Array) => message as string
const key = 'key'
const afterKey = ({ auth }: { readonly auth: string }) => auth.slice(`${key}:`.length)

interface Parts {
  readonly socketId: string
  readonly channel: string
  readonly data: string
  readonly time: number
}

/**
 * Everything that an app's secret signs, and what is meant by it. Objects, chats and webhooks are the service's formats,
 * which this package does not sign: no signature of ours may be good for one of theirs either.
 */
const formats: Record<string, (parts: Parts) => readonly [text: string, ...meaning: readonly unknown[]]> = {
  channel: ({ socketId, channel }) => [
    afterKey(signChannel(unsigned, key, socketId, channel, undefined, false)),
    socketId,
    channel,
  ],
  member: ({ socketId, channel, data }) => {
    const text = memberText({ user_id: `u${data}` }, 'member')
    return [afterKey(signChannel(unsigned, key, socketId, channel, text, true)), socketId, channel, text]
  },
  user: ({ socketId, data }) => {
    const text = userText({ id: `u${data}` }, 'user')
    return [afterKey(signUser(unsigned, key, socketId, text)), socketId, text]
  },
  object: ({ socketId, channel, data }) => [
    `${socketId}:durable:v1:app:${key}:${channel}:${data}`,
    socketId,
    channel,
    data,
  ],
  chat: ({ socketId, channel, data }) => [
    `${socketId}:chat:v1:app:${key}:thread:${channel}:${data}`,
    socketId,
    channel,
    data,
  ],
  trigger: ({ channel, data, time }) => {
    const body = JSON.stringify({ channel, event: 'e', data })
    return [signSignedRequest(unsigned, `/api/apps/${key}/trigger`, time, body), `/api/apps/${key}/trigger`, time, body]
  },
  pusher: ({ channel, data, time }) => {
    const path = `/apps/3/users/${encodeURIComponent(data)}/terminate_connections`
    const query = signedPusherQuery(unsigned, key, 'GET', path, time, undefined, { filter_by_prefix: channel })
    return [query.slice(query.indexOf('auth_signature=') + 'auth_signature='.length), path, time, channel]
  },
  webhook: ({ channel, data, time }) => {
    const text = JSON.stringify({ time_ms: time, events: [{ name: 'channel_occupied', channel, data }] })
    return [text, text]
  },
}

/** What a signed text means, from the text alone. Where there is such a reader, no text has two meanings. */
function meaningOf(text: string): readonly [format: string, ...meaning: readonly unknown[]] {
  if (text.startsWith('{')) return ['webhook', text]
  const [method, path, third = '', ...rest] = text.split('\n')
  if (method === 'POST' && third !== '') return ['trigger', path, Number(third), rest.join('\n')]
  if (method === 'GET') {
    const query = new Map(
      third.split('&').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
    )
    return ['pusher', path, Number(query.get('auth_timestamp')), query.get('filter_by_prefix')]
  }
  const [socketId = '', second = '', ...others] = text.split(':')
  const more = others.join(':')
  if (second === '') return ['user', socketId, more.slice('user::'.length)]
  if (second === 'durable') return ['object', socketId, others[3], others.slice(4).join(':')]
  if (second === 'chat') return ['chat', socketId, others[4], others.slice(5).join(':')]
  return others.length === 0 ? ['channel', socketId, second] : ['member', socketId, second, more]
}

describe('properties of what is signed', () => {
  /** Drawn to collide: few parts, whose joints look like delimiters. */
  const socketId = fc
    .array(fc.constantFrom('1', '.', 'user', 'chat', 'durable', 'POST', '-'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''))
  const channel = fc
    .tuple(
      fc.constantFrom('private-', 'presence-', 'private-encrypted-'),
      fc.array(fc.constantFrom('1', ';', ',', '=', 'v1', 'user', '-'), { minLength: 1, maxLength: 3 }),
    )
    .map(([prefix, parts]) => prefix + parts.join(''))
  const data = fc
    .array(
      fc.constantFrom('1', ':', '::', '\n', '&', '=', 'user', '"', '\\', '', '{', '}', 'private-1', '\u2028', 'ａ'),
      { maxLength: 5 },
    )
    .map((parts) => parts.join(''))
  const parts = fc.record({ socketId, channel, data, time: fc.nat(2 ** 31) })

  holds(
    'no two different things are signed as one text: it can be read back',
    0.32,
    fc.tuple(fc.constantFrom(...Object.keys(formats)), parts),
    ([format, drawn]) => {
      const [text, ...meaning] = formats[format]?.(drawn) ?? ['']
      return (
        isSocketId(drawn.socketId) &&
        isChannel(drawn.channel) &&
        JSON.stringify(meaningOf(text)) === JSON.stringify([format, ...meaning])
      )
    },
  )

  holds('only well-formed names are', 0.05, fc.tuple(nearName, nearName), ([id, name]) => {
    const client = new core.PingerchipsServer('3', 'secret', { appKey: 'key' })
    try {
      client.authenticate(id as string, name as string)
    } catch (error) {
      return /^(invalid_argument|encryption_key_missing)$/.test(String((error as { code?: unknown }).code))
    }
    const good = within(id, alphabets.socketId, 64) && within(name, alphabets.channel, 200)
    return good && channelKind(name) === 'private'
  })

  holds('what is sent along is the very text that was signed, and reads back', 0.03, fc.json(), (info) => {
    const client = new core.PingerchipsServer('3', 'secret', { appKey: 'key' })
    const member = { user_id: '1', user_info: { info: JSON.parse(info) } }
    const { channel_data = '' } = client.authenticate('1.1', 'presence-a', member)
    return JSON.stringify(JSON.parse(channel_data)) === channel_data && channel_data === JSON.stringify(member)
  })
})

/** What may stand where an option should: anything, and what is nearly right. */
const client = new core.PingerchipsServer('3', 'secret', { appKey: 'key', endpoint: 'http://127.0.0.1:9', retries: 0 })
const bytes = fc.uint8Array({ maxLength: 40 })
const goodValue = fc.constantFrom<unknown>(
  client,
  () => true,
  async () => null,
  'key',
  'private-a',
  'presence-a',
  '1.1',
  'http://127.0.0.1:9',
  'pusher',
  '127.0.0.1',
  'a salt of 16 bytes and more',
  1,
  true,
  false,
  null,
)
const value = fc.oneof(goodValue, nearName, bytes)
const optionName = fc.constantFrom(
  ...[
    'appKey',
    'endpoint',
    'token',
    'protocol',
    'timeout',
    'deadline',
    'retries',
    'retry',
    'batch',
    'onError',
    'on',
    'mtls',
  ],
  ...[
    'encryptionMasterKey',
    'allowHttp',
    'client',
    'user',
    'authorize',
    'signin',
    'rateLimit',
    'webhooks',
    'path',
    'property',
  ],
  ...['secrets', 'tolerance', 'store', 'headers', 'rawBody', 'x-pusher-key', 'x-pusher-signature', 'status', 'error'],
  ...[
    'challenge',
    'salt',
    'ip',
    'userAgent',
    'headers',
    'signal',
    'info',
    'prefix',
    'socketId',
    'user_id',
    'user_info',
    'id',
  ],
  ...[
    'watchlist',
    'channel',
    'event',
    'data',
    'private-{id}',
    'presence-a',
    'key',
    'secret',
    'cert',
    'ca',
    'limiter',
    'address',
  ],
  ...['PINGERCHIPS_APP_ID', 'PINGERCHIPS_APP_SECRET', 'PINGERCHIPS_APP_KEY', 'length', 'toJSON', 'then', 'get'],
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    value,
    fc.dictionary(optionName, tie('tree'), { maxKeys: 4 }),
    fc.array(tie('tree'), { maxLength: 2 }),
  ),
}))

type Call = (...values: unknown[]) => unknown
const functionsOf = (entry: object) =>
  Object.entries(entry).filter(([name, value]) => typeof value === 'function' && !/^[A-Z]|^default$/.test(name))
const methods = client as unknown as Record<string, Call>
const publicCalls: Record<string, Call> = {
  'new PingerchipsServer': (...values) => Reflect.construct(core.PingerchipsServer, values),
  'new PingerchipsServer with good names': (options) =>
    new core.PingerchipsServer('3', 'secret', options as core.PingerchipsServerOptions),
  'PingerchipsServer.fromEnv': (...values) => (core.PingerchipsServer.fromEnv as unknown as Call)(...values),
  ...Object.fromEntries([core, fetchEntry, nodeEntry].flatMap(functionsOf)),
  ...Object.fromEntries(
    [core.PingerchipsServer.prototype, Object.getPrototypeOf(core.PingerchipsServer.prototype)]
      .flatMap(Object.getOwnPropertyNames)
      // Work in the background is a promise of the app's own, which may hold whatever it likes.
      .filter((name) => !['constructor', 'close', 'waitUntil', 'isClosed'].includes(name))
      .map((name) => [`client.${name}`, (...values: unknown[]) => methods[name]?.(...values)]),
  ),
  'client.webhook of headers and bytes': (headers, rawBody) => methods.webhook?.({ headers, rawBody }),
  'client.authenticate of a member': (member) => methods.authenticate?.('1.1', 'presence-a', member),
  'client.authenticateUser of a user': (user) => methods.authenticateUser?.('1.1', user),
  'client.trigger of data': (data, options) => methods.trigger?.('a', 'e', data, options ?? {}),
}

describe('properties of public functions: for any value, they throw nothing but what they document', () => {
  const calls = Object.entries(publicCalls)
  test('there are some', () => expect(calls.length).toBeGreaterThan(25))
  for (const [name, call] of calls)
    holds(name, 0.2 / calls.length, fc.array(tree, { maxLength: 4 }), async (given) => {
      try {
        await call(...given)
        return true
      } catch (error) {
        const { code } = error as { code?: unknown }
        if (error instanceof core.PingerchipsError || (error instanceof TypeError && code === 'invalid_argument'))
          return true
        throw error
      }
    })
})

describe('properties of the endpoint', () => {
  const ask = async (body: string, answer: unknown, type = 'application/json', path = 'auth') => {
    const handler = fetchEntry.fetchHandler({
      client,
      user: () => ({ id: '1' }),
      authorize: () => answer as core.AuthorizeResult,
      signin: () => answer as core.SigninResult,
      webhooks: { handler: () => answer },
      onError: () => {},
      timeout: 5,
    })
    const headers = { 'content-type': type }
    return handler(new Request(`http://localhost/${path}`, { method: 'POST', headers, body }))
  }
  const isId = (id: unknown) => (typeof id === 'string' ? id !== '' && id.isWellFormed() : Number.isSafeInteger(id))

  holds(
    'whatever a callback answers, it signs for true and for a member alone',
    0.02,
    fc.tuple(fc.constantFrom('private-a', 'presence-a', 'private-encrypted-a'), fc.boolean(), tree),
    async ([channel, signsIn, answer]) => {
      const body = JSON.stringify({ socket_id: '1.1', channel_name: channel })
      const { status } = await ask(body, answer, 'application/json', signsIn ? 'user-auth' : 'auth')
      if (status !== 200) return [403, 500].includes(status)
      if (signsIn) return isId((answer as core.SigninUser).id)
      return (answer === true && channel === 'private-a') || isId((answer as core.Member).user_id)
    },
  )
  const shaped = fc.record({ socket_id: value, channel_name: value, auth_info: tree }, { requiredKeys: [] })
  holds('whatever a client sends, well-formed names alone are signed', 0.03, shaped, async (sent) => {
    const text = JSON.stringify(sent)
    const { status } = await ask(text, true)
    const { socket_id, channel_name } = JSON.parse(text) as { socket_id?: unknown; channel_name?: unknown }
    if (!within(socket_id, alphabets.socketId, 64) || !within(channel_name, alphabets.channel, 200))
      return status === 400
    const kind = channelKind(channel_name)
    // Presence wants a member, and this client has no key for encrypted channels.
    return status === (kind === 'private' ? 200 : kind === 'public' || kind === undefined ? 400 : 500)
  })
  holds(
    'whatever bytes and types a client sends, it is answered',
    0.02,
    fc.tuple(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'x/y'),
      fc.constantFrom('auth', 'user-auth', 'webhooks'),
    ),
    async ([body, type, path]) => [400, 401, 413, 415].includes((await ask(body, true, type, path)).status),
  )
})
