import { createHash, createHmac } from 'node:crypto'
import { appFailed, appHasNoRoute, appKey, appSecret, encryptionMasterKey, type Parser } from './app.ts'

/** What a request must be answered. */
export interface Expectation {
  /** One status, or several where it is the app's parser that decides. */
  readonly status: number | readonly number[]
  /** The exact JSON of the body; left out where the app's own parser words the answer. */
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How many errors reach the app's error handler; `any` where its parser may have refused. Default: none. */
  readonly errors?: number | 'any'
  /** `code` of that error. */
  readonly code?: string
  /** What `authorize` was asked; `null`: it was not asked. Left out: not looked at. */
  readonly asked?: { kind?: string; authInfo?: unknown } | null
  /** The events that `webhooks.on` was told; `null`: it was not. Left out: not looked at. */
  readonly told?: readonly object[] | null
  /** The answer is the app's and not the endpoint's: `no-store` is not demanded. */
  readonly fromApp?: boolean
}

/** One request, to the byte, and its answer. */
export interface Case {
  readonly name: string
  readonly method?: string
  /** Below the mount. Default: `/pingerchips/auth`. */
  readonly path?: string
  readonly type?: string | undefined
  readonly user?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Sends the body in pieces of this many bytes, chunked: without a Content-Length. */
  readonly chunks?: number
  readonly expect: Expectation
  /** Where a parser that read this body first changes the answer. Never looked at where parsers cannot reach us. */
  readonly behind?: Partial<Readonly<Record<Parser, Expectation>>>
  /** Needs a route of the app's beside the endpoint. */
  readonly needsApp?: boolean
}

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

/** What signs a string for the app of the table. */
export const sign = (text: string): string => `${appKey}:${createHmac('sha256', appSecret).update(text).digest('hex')}`
const granted = (channel: string, socketId = '1234.1234'): Expectation => ({
  status: 200,
  json: { auth: sign(`${socketId}:${channel}`) },
  headers: { 'content-type': 'application/json; charset=utf-8' },
})
const grantedWithKey = (channel: string): Expectation => ({
  ...granted(channel),
  json: {
    auth: sign(`1234.1234:${channel}`),
    shared_secret: createHash('sha256')
      .update(channel)
      .update(Buffer.from(encryptionMasterKey, 'base64'))
      .digest('base64'),
  },
  asked: { kind: 'encrypted' },
})
const member = (channel: string, data: string, key: 'channel_data' | 'user_data'): Expectation => ({
  status: 200,
  json: { auth: sign(`1234.1234:${channel}:${data}`), [key]: data },
})
const badBody: Expectation = {
  status: 400,
  json: { error: 'The body must be a JSON object or a form, with each field once' },
  asked: null,
}
const badSocket: Expectation = { status: 400, json: { error: 'socket_id is missing or malformed' }, asked: null }
const badChannel: Expectation = { status: 400, json: { error: 'channel_name is missing or malformed' }, asked: null }
const noUser: Expectation = { status: 403, json: { error: 'Unauthorized' }, asked: null }
const denied: Expectation = { status: 403, json: { error: 'Access denied' } }
const tooLarge: Expectation = { status: 413, json: { error: 'The body must be at most 16 KiB' }, asked: null }
const wrongType: Expectation = {
  status: 415,
  json: { error: 'The body must be application/json or application/x-www-form-urlencoded' },
  asked: null,
}
const wrongMethod: Expectation = {
  status: 405,
  json: { error: 'Method not allowed' },
  headers: { allow: 'POST' },
  asked: null,
}
const failed = (code?: string): Expectation => ({
  status: 500,
  json: appFailed,
  errors: 1,
  ...(code && { code }),
  fromApp: true,
})
/** Refused, by the app's parser or by the endpoint. */
const refused = (status: number): Expectation => ({ status, errors: 'any', asked: null, fromApp: true })

const asJson = (fields: object) => JSON.stringify(fields)
const join = (channel_name: unknown, socket_id: unknown = '1234.1234') => ({ socket_id, channel_name })
/** Exactly what pusher-js sends: `socket_id=` and `channel_name=`, encoded as components, then its params. */
const asPusherJs = (channel: string, params: Readonly<Record<string, string>> = {}) =>
  Object.entries(params).reduce(
    (text, [name, value]) => `${text}&${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    `socket_id=${encodeURIComponent('1234.1234')}&channel_name=${encodeURIComponent(channel)}`,
  )
/** Exactly what pingerchips-js sends. */
const asPingerchipsJs = (channel_name: string, auth_info: unknown = {}) =>
  asJson({ socket_id: 'abc123.def456', channel_name, auth_info })

function both(name: string, channel: string, expect: Expectation): Case[] {
  return [
    { name: `${name} (JSON)`, type: json, body: asJson(join(channel)), expect },
    { name: `${name} (form)`, type: form, body: asPusherJs(channel), expect },
  ]
}

function malformed(name: string, fields: Record<string, unknown>, expect: Expectation): Case[] {
  const strings = Object.entries(fields).every(([, value]) => typeof value === 'string')
  const cases: Case[] = [{ name: `${name} (JSON)`, type: json, body: asJson(fields), expect }]
  if (strings)
    cases.push({
      name: `${name} (form)`,
      type: form,
      body: new URLSearchParams(fields as Record<string, string>).toString(),
      expect,
    })
  return cases
}

export const signinPath = '/pingerchips/user-auth'
function signin(name: string, user: string | null, expect: Expectation): Case[] {
  const rows = [
    { type: json, body: asJson({ socket_id: '1234.1234' }) },
    { type: form, body: 'socket_id=1234.1234' },
  ]
  return rows.map((row) => ({
    name: `sign-in: ${name} (${row.type})`,
    path: signinPath,
    user,
    ...row,
    expect: { ...expect, asked: null },
  }))
}

const text = (size: number) => asJson({ ...join('private-true'), auth_info: 'x'.repeat(size) })
/** A JSON body of exactly so many bytes. */
const sized = (bytes: number) => text(bytes - text(0).length)
const limit = 16 * 1024

export const table: readonly Case[] = [
  // What the two client libraries send.
  {
    name: 'the exact bytes of pusher-js',
    type: form,
    body: 'socket_id=1234.1234&channel_name=private-foobar',
    expect: { ...granted('private-foobar'), asked: { kind: 'private', authInfo: {} } },
  },
  {
    name: 'the exact bytes of pusher-js with params',
    type: form,
    body: asPusherJs('private-foobar', { token: 'a b&c=ü', 'x[y]': '1' }),
    expect: { ...granted('private-foobar'), asked: { authInfo: { token: 'a b&c=ü', 'x[y]': '1' } } },
    behind: Object.fromEntries((['form', 'both'] as const).map((parser) => [parser, granted('private-foobar')])),
  },
  {
    name: 'the exact bytes of pusher-js under a JSON Content-Type of its user',
    type: json,
    body: 'socket_id=1234.1234&channel_name=private-foobar',
    expect: granted('private-foobar'),
    behind: { json: refused(400), both: refused(400) },
  },
  {
    name: 'the exact bytes of pingerchips-js',
    type: json,
    body: asPingerchipsJs('private-foobar', { token: 'ü☃', deep: [{ a: null }] }),
    expect: {
      ...granted('private-foobar', 'abc123.def456'),
      asked: { authInfo: { token: 'ü☃', deep: [{ a: null }] } },
    },
  },
  {
    name: 'characters split over chunks',
    type: json,
    body: asPingerchipsJs('private-foobar', '☃'.repeat(50)),
    chunks: 1,
    expect: { ...granted('private-foobar', 'abc123.def456'), asked: { authInfo: '☃'.repeat(50) } },
  },

  // The published vectors.
  {
    name: 'published vector: private',
    type: json,
    body: asJson(join('private-foobar')),
    expect: {
      status: 200,
      json: { auth: `${appKey}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4` },
    },
  },
  {
    name: 'published vector: presence',
    type: form,
    body: asPusherJs('presence-foobar'),
    expect: {
      status: 200,
      json: {
        auth: `${appKey}:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80`,
        channel_data: '{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
      },
    },
  },

  // What `authorize` answers.
  ...both('private, true', 'private-true', { ...granted('private-true'), asked: { kind: 'private' } }),
  ...both('private, a promise of true', 'private-later', granted('private-later')),
  ...both(
    'private, a member',
    'private-member',
    member('private-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'user_data'),
  ),
  ...both('presence, a member', 'presence-member', {
    ...member('presence-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data'),
    asked: { kind: 'presence' },
  }),
  ...both(
    'presence, a promise of a member',
    'presence-member-later',
    member('presence-member-later', '{"user_id":"alice"}', 'channel_data'),
  ),
  ...both('presence, true', 'presence-true', failed('invalid_answer')),
  ...both('encrypted, true', 'private-encrypted-true', grantedWithKey('private-encrypted-true')),
  ...both('encrypted, a promise of true', 'private-encrypted-later', grantedWithKey('private-encrypted-later')),
  ...['private-encrypted', 'private', 'presence'].flatMap((kind) => [
    ...both(`${kind}, false`, `${kind}-false`, denied),
    ...both(`${kind}, null`, `${kind}-null`, denied),
    ...both(`${kind}, undefined`, `${kind}-undefined`, denied),
    ...both(`${kind}, throws`, `${kind}-throws`, failed()),
    ...both(`${kind}, rejects`, `${kind}-rejects`, failed()),
  ]),
  ...both('encrypted, a member', 'private-encrypted-member', failed('invalid_answer')),
  ...both('encrypted, a string', 'private-encrypted-yes', failed('invalid_answer')),
  ...['private', 'presence'].flatMap((kind) => [
    ...both(`${kind}, a member without an id`, `${kind}-no-id`, failed('invalid_answer')),
    ...both(`${kind}, a member with an empty id`, `${kind}-empty-id`, failed('invalid_answer')),
    ...both(`${kind}, a member whose id is half a character`, `${kind}-surrogate-id`, failed('invalid_answer')),
  ]),
  ...both('throws null', 'private-throws-null', failed('callback_threw')),
  ...both("throws 'route', which Express takes for a command", 'private-throws-route', failed('callback_threw')),
  ...both('rejects with undefined', 'private-rejects-undefined', failed('callback_threw')),
  ...both('a member with what the others may not see', 'presence-whole-user', failed('invalid_answer')),
  ...both(
    'a member whose toJSON has more',
    'presence-to-json',
    member('presence-to-json', '{"user_id":"alice"}', 'channel_data'),
  ),
  ...both('answers a string', 'private-yes', failed('invalid_answer')),
  ...both('answers an array', 'private-list', failed('invalid_answer')),
  { name: 'never answers', type: json, body: asJson(join('private-hangs')), expect: failed('callback_timeout') },
  ...both("one's own channel", 'private-user-alice', granted('private-user-alice')),
  ...both("somebody else's channel", 'private-user-bob', denied),
  ...both('an encrypted channel is no private one', 'private-encrypted-private-true', {
    ...denied,
    asked: { kind: 'encrypted' },
  }),

  ...['private-encrypted', 'private', 'presence'].flatMap((kind) => [
    ...both(`${kind}, denied with a 401`, `${kind}-deny-401`, {
      status: 401,
      json: { error: 'token_expired' },
      headers: { 'www-authenticate': 'Bearer' },
    }),
    ...both(`${kind}, denied with a reason`, `${kind}-deny-403`, { status: 403, json: { error: 'the room is full' } }),
  ]),

  // Signing in.
  ...signin('a user', 'alice', {
    status: 200,
    json: {
      auth: sign('1234.1234::user::{"id":"alice","user_info":{"name":"alice ☃"},"watchlist":["bob"]}'),
      user_data: '{"id":"alice","user_info":{"name":"alice ☃"},"watchlist":["bob"]}',
    },
  }),
  ...signin('published vector: user sign-in', '12345', {
    status: 200,
    json: {
      auth: `${appKey}:4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba`,
      user_data: '{"id":"12345"}',
    },
  }),
  ...signin('a promise of a user', 'later', {
    status: 200,
    json: { auth: sign('1234.1234::user::{"id":"later"}'), user_data: '{"id":"later"}' },
  }),
  ...signin('nobody', null, noUser),
  ...signin('somebody that signin refuses', 'stranger', denied),
  ...signin('denied by user', 'denied', {
    status: 401,
    json: { error: 'Unauthorized' },
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  }),
  ...signin('denied by signin', 'expired', {
    status: 401,
    json: { error: 'token_expired' },
    headers: { 'www-authenticate': 'Bearer' },
  }),
  ...['no-id', 'whole-user', 'true', 'watches-numbers'].flatMap((user) =>
    signin(`an answer that cannot be signed, ${user}`, user, failed('invalid_answer')),
  ),
  ...signin('signin rejects', 'rejects', failed()),
  { name: 'a sign-in without a socket id', path: signinPath, type: json, body: '{}', expect: badSocket },
  {
    name: 'a sign-in that forges a channel',
    path: signinPath,
    type: json,
    body: asJson({ socket_id: '1.1:private-b' }),
    expect: badSocket,
  },
  { name: 'a sign-in by GET', path: signinPath, method: 'GET', expect: wrongMethod },

  // Who asks.
  {
    name: 'denied by user',
    user: 'denied',
    type: json,
    body: asJson(join('private-true')),
    expect: {
      status: 401,
      json: { error: 'Unauthorized' },
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      asked: null,
    },
  },
  { name: 'no user (JSON)', user: null, type: json, body: asJson(join('private-true')), expect: noUser },
  { name: 'no user (form)', user: null, type: form, body: asPusherJs('private-true'), expect: noUser },
  { name: 'user throws', user: 'throws', type: json, body: asJson(join('private-true')), expect: failed() },
  {
    name: 'no user and a forbidden channel',
    user: null,
    type: json,
    body: asJson(join('private-user-bob')),
    expect: noUser,
  },

  {
    name: 'a callable promise of nobody',
    user: 'callable-nobody',
    type: json,
    body: asJson(join('private-true')),
    expect: noUser,
  },
  { name: 'a function for a user', user: 'function', type: json, body: asJson(join('private-true')), expect: noUser },
  ...both('a callable promise of true', 'private-callable-true', granted('private-callable-true')),
  ...both('a thenable that throws null', 'private-thenable-throws', failed('callback_threw')),
  ...both(
    'a thenable that resolves with a promise that never settles',
    'private-thenable-hangs',
    failed('callback_timeout'),
  ),
  ...both('an error with the code of a broken connection', 'private-econnreset', failed('ECONNRESET')),
  ...both("an error with the code of Fastify's parser", 'private-too-large', failed('FST_ERR_CTP_BODY_TOO_LARGE')),

  // Content types.
  ...[
    'application/json; charset=utf-8',
    'Application/JSON;charset="utf-8"',
    'application/json ; a=b',
    'application/json;',
  ].map(
    (type): Case => ({
      name: `Content-Type ${type}`,
      type,
      body: asJson(join('private-true')),
      expect: granted('private-true'),
    }),
  ),
  {
    name: 'Content-Type of pusher-js with a charset',
    type: 'application/x-www-form-urlencoded; charset=UTF-8',
    body: asPusherJs('private-true'),
    expect: granted('private-true'),
  },
  ...[
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json\ta',
    'application/vnd.api+json',
    'multipart/form-data',
    '*/*',
  ].map(
    (type): Case => ({ name: `Content-Type ${type}`, type, body: asJson(join('private-true')), expect: wrongType }),
  ),
  { name: 'no Content-Type', type: undefined, body: asJson(join('private-true')), expect: wrongType },
  { name: 'a JSON body under a form Content-Type', type: form, body: asJson(join('private-true')), expect: badSocket },

  // Bodies.
  ...['', '{', 'null', '1', '"x"', 'nonsense'].map(
    (body): Case => ({
      name: `JSON body ${body || '(empty)'}`,
      type: json,
      body,
      expect: badBody,
      behind: { json: refused(400), both: refused(400) },
    }),
  ),
  { name: 'JSON body []', type: json, body: '[]', expect: badSocket },
  { name: 'JSON body {}', type: json, body: '{}', expect: badSocket },
  { name: 'an empty form', type: form, body: '', expect: badSocket },
  {
    name: 'bytes that are not UTF-8',
    type: json,
    body: Uint8Array.of(0x22, 0xff, 0x22),
    expect: badBody,
    behind: { json: refused(400), both: refused(400), text: badBody },
  },
  {
    name: 'a form with a broken escape',
    type: form,
    body: 'socket_id=1.1&channel_name=private-true&x=%zz',
    expect: badBody,
    behind: { form: { status: 200 }, both: { status: 200 } },
  },
  {
    name: 'a field twice',
    type: form,
    body: 'socket_id=1.1&channel_name=private-true&channel_name=private-user-bob',
    expect: badBody,
    behind: { form: badChannel, both: badChannel },
  },
  {
    name: 'a prototype key (JSON)',
    type: json,
    body: '{"__proto__":{"socket_id":"1.1","channel_name":"private-true"}}',
    expect: badSocket,
    behind: { json: refused(400), both: refused(400) },
  },
  {
    name: 'a prototype key (form)',
    type: form,
    body: '__proto__[socket_id]=1.1&__proto__[channel_name]=private-true',
    expect: badSocket,
  },
  { name: 'brackets (form)', type: form, body: 'socket_id[]=1.1&channel_name=private-true', expect: badSocket },
  {
    name: 'brackets in the channel (form)',
    type: form,
    body: 'socket_id=1.1&channel_name[startsWith]=y',
    expect: badChannel,
  },
  {
    name: 'hundreds of brackets (form)',
    type: form,
    body: `${'a[]=&'.repeat(900)}socket_id=1.1&channel_name=private-true`,
    expect: badBody,
    behind: { form: { status: 200 }, both: { status: 200 } },
  },
  {
    name: "a client's own channel_data",
    type: form,
    body: asPusherJs('presence-member', { channel_data: '{"user_id":"admin"}' }),
    expect: member('presence-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data'),
  },
  { name: 'a body of exactly 16 KiB', type: json, body: sized(limit), expect: granted('private-true') },
  { name: 'a body of 16 KiB and a byte', type: json, body: sized(limit + 1), expect: tooLarge },
  {
    name: 'a body of 16 KiB and a byte, chunked',
    type: json,
    body: sized(limit + 1),
    chunks: 4096,
    expect: tooLarge,
    behind: { json: { status: [200, 413] }, both: { status: [200, 413] } },
  },
  {
    name: 'a body of 1 MB, chunked',
    type: form,
    body: `${asPusherJs('private-true')}&x=${'x'.repeat(1_000_000)}`,
    chunks: 65_536,
    expect: tooLarge,
    behind: { form: refused(413), both: refused(413), raw: refused(413), text: refused(413) },
  },

  // Names.
  ...malformed('no socket_id', { channel_name: 'private-true' }, badSocket),
  ...malformed('no channel_name', { socket_id: '1.1' }, badChannel),
  ...[
    '',
    '1.1:private-b',
    ':1.1',
    '1.1\n:private-b',
    'POST\n/apps/1/events\n',
    '1.1\n',
    ' 1.1',
    'ü',
    '1'.repeat(65),
  ].flatMap((id) => malformed(`socket_id ${JSON.stringify(id.slice(0, 20))}`, join('private-true', id), badSocket)),
  ...[
    '',
    'lobby',
    'private-',
    'presence-',
    'private-encrypted-',
    'PRIVATE-a',
    'Private-a',
    ' private-a',
    'private-a ',
    'private-a\n',
    'private-ａ',
    'private-a/b',
    'private-a#b',
    'presence-x:{"user_id":"1"}',
    ':user::{"id":"1"}',
    '#server-to-user-1',
    `private-${'a'.repeat(193)}`,
  ].flatMap((name) => malformed(`channel_name ${JSON.stringify(name.slice(0, 30))}`, join(name), badChannel)),
  { name: 'an escaped newline', type: form, body: 'socket_id=1.1&channel_name=private-user-1%0a', expect: badChannel },
  ...[['1.1'], { toString: 1 }, 1, null, true].flatMap((value) => [
    ...malformed(`socket_id ${JSON.stringify(value)}`, join('private-true', value), badSocket),
    ...malformed(`channel_name ${JSON.stringify(value)}`, join(value), badChannel),
  ]),
  { name: 'a channel of 200 characters', type: json, body: asJson(join(`private-${'a'.repeat(192)}`)), expect: denied },

  // Methods and paths.
  ...['GET', 'PUT', 'DELETE', 'PATCH'].map((method): Case => ({ name: method, method, expect: wrongMethod })),
  { name: 'HEAD', method: 'HEAD', expect: { status: 405, headers: { allow: 'POST' } } },
  {
    name: 'GET with a query, as JSONP',
    method: 'GET',
    path: '/pingerchips/auth?callback=x&socket_id=1.1&channel_name=private-true',
    expect: wrongMethod,
  },
  {
    name: 'POST with a query',
    path: '/pingerchips/auth?x=1',
    type: json,
    body: asJson(join('private-true')),
    expect: granted('private-true'),
  },
  { name: 'OPTIONS stays with the app', method: 'OPTIONS', needsApp: true, expect: { status: 204, fromApp: true } },
  ...['/pingerchips/authx', '/pingerchips', '/pingerchips/auth/x', '//pingerchips/auth', '/'].map(
    (path): Case => ({
      name: `POST ${path} stays with the app`,
      path,
      type: json,
      body: asJson(join('private-true')),
      needsApp: true,
      expect: { status: 404, json: appHasNoRoute, fromApp: true, asked: null },
    }),
  ),
]
