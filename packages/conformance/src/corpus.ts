import { gzipSync } from 'node:zlib'
import {
  badBody,
  badChannel,
  badSocket,
  denied,
  deniedByUser,
  failed,
  noUser,
  refused,
  refusedOrDenied,
  tooLarge,
  wrongMethod,
  wrongType,
} from './answers.ts'
import type { Case, Expectation } from './case.ts'
import { asForm, asJson, asPusherJs, both, fields, form, join, json, shown, signin, signinPath } from './rows.ts'
import { type WebhookThreat, webhookCorpus } from './webhook-corpus.ts'

/** What attackers try of an auth endpoint, and of webhooks. SECURITY.md names each. */
export type Threat = AuthThreat | WebhookThreat

type AuthThreat =
  | 'delimiters in the socket id'
  | 'delimiters in the channel'
  | 'arrays and objects in the place of text'
  | 'prototype keys'
  | 'parser pollution and bombs'
  | 'duplicate fields'
  | 'bodies that are none'
  | 'content-type tricks'
  | 'bodies over the limit'
  | 'case, Unicode and empty names'
  | 'prefix tricks'
  | 'greedy or unescaped patterns'
  | 'presence without a member'
  | 'lone surrogates'
  | 'JSONP and other methods'
  | 'cross-origin requests'
  | 'refusals that tell'
  | 'callbacks that throw, hang or answer nonsense'

const behindJson = (expect: Expectation): Partial<Case> => ({ behind: { json: expect, both: expect } })
const behindForm = (expect: Expectation): Partial<Case> => ({ behind: { form: expect, both: expect } })
const behindAny = (expect: Expectation): Partial<Case> => ({
  behind: { json: expect, form: expect, both: expect, raw: expect, text: expect },
})

/** Nobody may sign this, in JSON or as a form, to join or to sign in. */
const badSocketId = (id: string): Case[] => [
  ...fields(`socket_id ${shown(id)}`, { socket_id: id, channel_name: 'private-true' }, badSocket),
  ...fields(`sign-in: socket_id ${shown(id)}`, { socket_id: id }, badSocket, { path: signinPath }),
]
const badChannelName = (name: string): Case[] =>
  fields(`channel_name ${shown(name)}`, { socket_id: '1.1', channel_name: name }, badChannel)
/** Well-formed, and not for alice. */
const foreign = (channel: string, kind: string): Case[] =>
  both(`channel_name ${shown(channel)}`, channel, { ...denied, asked: { kind, channel } })

const asJsonRow = (name: string, body: string | Uint8Array, expect: Expectation, more: Partial<Case> = {}): Case => ({
  name: `${name} (JSON)`,
  type: json,
  body,
  expect,
  ...more,
})
const asFormRow = (name: string, body: string | Uint8Array, expect: Expectation, more: Partial<Case> = {}): Case => ({
  name: `${name} (form)`,
  type: form,
  body,
  expect,
  ...more,
})

/** A body that says too little to be refused for its names, were it read: it would be denied. */
const unwanted = join('private-false') as Record<string, string>
const unwantedForm = asPusherJs('private-false')
/** Were a name of it taken in, it would be signed. */
const forged = { socket_id: '1.1:private-b', channel_name: 'private-true' }
const limit = 16 * 1024
const bigJson = (bytes: number) => asJson(unwanted).padEnd(bytes)
const bigForm = (bytes: number) => `${unwantedForm}&x=`.padEnd(bytes, 'x')

/** Content types that are JSON or a form whatever is around them, and those that are neither. */
const oddJson = [
  ' application/json',
  '\tapplication/json',
  'Application/Json ;charset=x',
  'application/json; charset=utf-7',
  'application/json;application/x-www-form-urlencoded',
  'application/json; a="b;c"',
]
const oddForm = ['Application/X-WWW-Form-Urlencoded ;charset=x', 'application/x-www-form-urlencoded;application/json']
const otherTypes = [
  'text/plain',
  'text/json',
  'application/jsonx',
  'application/json\ta',
  'application/json, text/html',
  'application/json,',
  'application/ json',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded, application/json',
  'application',
  '*/*',
  '/',
]

const origins = ['null', 'https://app.com.evil.io', 'https://app.example.evil.io', 'http://app.example', 'file://']

const authCorpus: Readonly<Record<AuthThreat, readonly Case[]>> = {
  'delimiters in the socket id': [
    ...fields('no socket_id', { channel_name: 'private-true' }, badSocket),
    ...fields('sign-in: no socket_id', { x: '1' }, badSocket, { path: signinPath }),
    ...[
      '',
      ':',
      '1.1:private-b',
      ':1.1',
      '1.1:',
      '1.1::user::{"id":"1"}',
      '1.1\n:private-b',
      '1.1\n',
      '\n1.1',
      '1.1\r\n',
      '1.1\u2028',
      '1.1\0',
      'POST\n/apps/1/events\n',
      'POST\n/api/apps/1/trigger\n1353088179\n{}',
      ' 1.1',
      '1.1 ',
      '1.1/../2',
      '1.1%3Aprivate-b',
      '1.1&channel_name=private-b',
      'ü',
      '１.１',
      '1'.repeat(65),
    ].flatMap(badSocketId),
  ],
  'delimiters in the channel': [
    ...fields('no channel_name', { socket_id: '1.1' }, badChannel),
    ...[
      'presence-x:{"user_id":"1"}',
      ':user::{"id":"1"}',
      'private-a:b',
      'private-:',
      'private-a\n',
      'private-a\n:b',
      'private-a\r\nb',
      '\nprivate-a',
      'private-a\u2028',
      'private-a\u0085',
      'private-a\0',
      'private-user-1\n',
      'private-user-1%0a',
      'private-a b',
      'private-a/b',
      'private-a/../b',
      'private-a\\b',
      'private-a#b',
      'private-a?b',
      'private-a&b',
      'private-a+b',
      'private-a"b',
      'private-<b>',
      'private-{id}',
      'private-*',
      '#server-to-user-1',
      'private-#server-to-user-1',
      'durable:v1:app:key:type:object',
      'chat:v1:app:key:thread:1:2',
      `private-${'a'.repeat(193)}`,
    ].flatMap(badChannelName),
    asFormRow('an escaped newline', 'socket_id=1.1&channel_name=private-user-1%0a', badChannel),
    asJsonRow('an escaped newline', '{"socket_id":"1.1","channel_name":"private-user-1\\u000a"}', badChannel),
  ],
  'arrays and objects in the place of text': [
    ...[
      ['1.1'],
      [],
      [['1.1']],
      ['1.1', 'private-b'],
      {},
      { toString: 1 },
      { toString: '1.1' },
      { length: 3 },
      { 0: '1' },
      { startsWith: 'y' },
      { toJSON: '1.1' },
      0,
      1,
      1.1,
      null,
      true,
      false,
    ].flatMap((value): Case[] => [
      asJsonRow(`socket_id ${shown(value)}`, asJson(join('private-true', value)), badSocket),
      asJsonRow(`channel_name ${shown(value)}`, asJson(join(value)), badChannel),
      asJsonRow(`sign-in: socket_id ${shown(value)}`, asJson({ socket_id: value }), badSocket, { path: signinPath }),
    ]),
    ...['[]', '[0]', '[toString]', '[length]', '[startsWith]', '[][]', '.0'].flatMap((key): Case[] => [
      asFormRow(`socket_id${key}`, `socket_id${key}=1.1&channel_name=private-true`, badSocket),
      asFormRow(`channel_name${key}`, `socket_id=1.1&channel_name${key}=private-true`, badChannel),
      asFormRow(`sign-in: socket_id${key}`, `socket_id${key}=1.1`, badSocket, { path: signinPath }),
    ]),
    ...['[]', '[["socket_id","1.1"]]', `[${asJson(join('private-true'))}]`].map((body) =>
      asJsonRow(`an array ${shown(body)}`, body, badSocket),
    ),
  ],
  'prototype keys': [
    asJsonRow('names in __proto__', '{"__proto__":{"socket_id":"1.1","channel_name":"private-true"}}', badSocket, {
      ...behindJson(refused(400)),
    }),
    asJsonRow(
      'names in constructor.prototype',
      '{"constructor":{"prototype":{"socket_id":"1.1","channel_name":"private-true"}}}',
      badSocket,
      { ...behindJson(refused(400)) },
    ),
    asFormRow('names in __proto__', '__proto__[socket_id]=1.1&__proto__[channel_name]=private-true', badSocket),
    asFormRow(
      'names in constructor.prototype',
      'constructor[prototype][socket_id]=1.1&constructor[prototype][channel_name]=private-true',
      badSocket,
    ),
    asJsonRow('an admin in __proto__', `{"__proto__":{"admin":1},${asJson(unwanted).slice(1)}`, denied, {
      ...behindJson(refusedOrDenied),
    }),
    asJsonRow(
      'an admin in auth_info',
      asJson(unwanted).replace('}', ',"auth_info":{"__proto__":{"id":"bob"}}}'),
      denied,
      {
        ...behindJson(refusedOrDenied),
      },
    ),
    asFormRow('an admin in __proto__', `__proto__[admin]=1&__proto__=1&${unwantedForm}`, denied),
    asFormRow('an admin in constructor.prototype', `constructor[prototype][admin]=1&${unwantedForm}`, denied),
    ...['__proto__', 'constructor', 'toString'].flatMap(badChannelName),
    ...['private-__proto__', 'private-constructor', 'private-toString'].flatMap((name) => foreign(name, 'private')),
  ],
  'parser pollution and bombs': [
    asFormRow('brackets that hold a prototype', `a[__proto__]=b&a[constructor]=c&${unwantedForm}`, denied),
    asFormRow('101 fields', `${'a&'.repeat(99)}${unwantedForm}`, badBody, { ...behindForm(refusedOrDenied) }),
    ...[900, 2000].map((count) =>
      asFormRow(`${count} brackets`, `${unwantedForm}${'&a[]='.repeat(count)}`, badBody, {
        ...behindForm(refusedOrDenied),
      }),
    ),
    asFormRow('brackets 1,000 deep', `${unwantedForm}&a${'[b]'.repeat(1000)}=c`, denied, {
      ...behindForm(refusedOrDenied),
    }),
    asFormRow('a long index', `${unwantedForm}&a[4294967295]=b&a[1e9]=c`, denied),
    asJsonRow('arrays 7,000 deep', deep('[', ']'), denied),
    asJsonRow('objects 2,000 deep', deep('{"a":', '}', 2000, '1'), denied),
    asJsonRow(
      '1,000 fields',
      asJson({ ...unwanted, ...Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, 0])) }),
      denied,
    ),
    asJsonRow('numbers that are none', asJson(unwanted).replace('}', ',"auth_info":[1e999,-1e999,-0]}'), denied),
    ...[asJson(unwanted), asJson(unwanted).padEnd(1_000_000)].map((text) =>
      asJsonRow(`${text.length} bytes in gzip`, gzipSync(text), badBody, {
        headers: { 'content-encoding': 'gzip' },
        ...behindAny(refusedOrDenied),
      }),
    ),
    ...[unwantedForm, unwantedForm.padEnd(1_000_000, '&')].map((text) =>
      asFormRow(
        `${text.length} bytes in gzip`,
        gzipSync(text),
        { status: 400, asked: null },
        {
          headers: { 'content-encoding': 'gzip' },
          ...behindAny(refusedOrDenied),
        },
      ),
    ),
  ],
  'duplicate fields': [
    ...[
      ['channel_name', 'channel_name=private-true&channel_name=private-user-bob'],
      ['channel_name, the other way', 'channel_name=private-user-bob&channel_name=private-true'],
      ['channel_name, escaped', 'channel_name=private-true&channel%5fname=private-user-bob'],
    ].map(([name = '', body]) =>
      asFormRow(`${name} twice`, `socket_id=1.1&${body}`, badBody, { ...behindForm(badChannel) }),
    ),
    asFormRow('socket_id twice', 'socket_id=1.1&socket_id=2.2&channel_name=private-true', badBody, {
      ...behindForm(badSocket),
    }),
    asFormRow('sign-in: socket_id twice', 'socket_id=1.1&socket_id=2.2', badBody, {
      path: signinPath,
      ...behindForm(badSocket),
    }),
    asFormRow('another field twice', `${unwantedForm}&x=1&x=2`, badBody, { ...behindForm(denied) }),
    asFormRow('a name and its array', `${unwantedForm}&channel_name[]=private-true`, denied, {
      ...behindForm(refusedOrDenied),
    }),
    // JSON.parse keeps the last one, which is then what `authorize` is asked and what would be signed.
    asJsonRow(
      'channel_name twice',
      '{"socket_id":"1.1","channel_name":"private-true","channel_name":"private-user-bob"}',
      { ...denied, asked: { channel: 'private-user-bob' } },
    ),
    asJsonRow(
      'socket_id twice',
      '{"socket_id":"1.1","channel_name":"private-true","socket_id":"1.1:private-b"}',
      badSocket,
    ),
    ...both(
      'another channel in the query',
      'private-false',
      { ...denied, asked: { channel: 'private-false' } },
      {
        path: '/pingerchips/auth?socket_id=1.1&channel_name=private-true',
      },
    ),
  ],
  'bodies that are none': [
    ...['', '{', 'null', '1', 'true', '"x"', 'nonsense', '{"a":1}x', "{'a':1}", '\0', '{"socket_id"'].map((body) =>
      asJsonRow(`body ${shown(body)}`, body, badBody, { ...behindJson(refused(400)) }),
    ),
    asJsonRow('body {}', '{}', badSocket),
    asJsonRow('bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), badBody, {
      ...behindJson(refused(400)),
    }),
    ...['', '&', '=', 'socket_id', 'x=1', '\0', asJson(unwanted)].map((body) =>
      asFormRow(`body ${shown(body)}`, body, badSocket),
    ),
    ...['%', '%zz', 'x=%e0%a4', 'x=%ff'].map((text) =>
      asFormRow(`a broken escape ${text}`, `${unwantedForm}&${text}`, badBody, {
        ...behindForm(refusedOrDenied),
      }),
    ),
    asFormRow('bytes that are not UTF-8', Uint8Array.of(0x73, 0xff, 0x3d, 0xff), badSocket),
  ],
  'content-type tricks': [
    ...[...oddJson, ...oddForm].flatMap((type): Case[] => [
      asJsonRow(`Content-Type ${shown(type)}`, asJson(forged), badSocket, { type, ...behindAny(refused(400, 415)) }),
      asFormRow(`Content-Type ${shown(type)}`, asForm(forged), badSocket, { type, ...behindAny(refused(400, 415)) }),
    ]),
    ...otherTypes.flatMap((type): Case[] => {
      // A parser may go by how it begins, and refuse the rest.
      const more = { type, ...(type.startsWith(form) && behindForm(refused(400, 415))) }
      return [
        asJsonRow(`Content-Type ${shown(type)}`, asJson(join('private-true')), wrongType, more),
        asFormRow(`Content-Type ${shown(type)}`, asPusherJs('private-true'), wrongType, more),
      ]
    }),
    ...both('a type that some parsers take for JSON', 'private-true', wrongType, {
      type: 'application/vnd.api+json',
      ...behindJson(refused(400, 415)),
    }),
    ...both('no Content-Type', 'private-true', wrongType, { type: undefined }),
    ...fields('sign-in: text/plain', { socket_id: '1.1' }, wrongType, { path: signinPath, type: 'text/plain' }),
    asJsonRow('a form under it', asForm(forged), badSocket, { ...behindJson(refused(400)) }),
    asFormRow('JSON under it', asJson(join('private-true')), badSocket),
  ],
  'bodies over the limit': [
    asJsonRow('16 KiB and a byte', bigJson(limit + 1), tooLarge),
    asFormRow('16 KiB and a byte', bigForm(limit + 1), tooLarge),
    asJsonRow('16 KiB and a byte, chunked', bigJson(limit + 1), tooLarge, {
      chunks: 4096,
      ...behindJson(refusedOrDenied),
    }),
    asFormRow('16 KiB and a byte, chunked', bigForm(limit + 1), tooLarge, {
      chunks: 4096,
      ...behindForm(refusedOrDenied),
    }),
    asJsonRow('1 MB, chunked', bigJson(1_000_000), tooLarge, { chunks: 65_536, ...behindAny(refusedOrDenied) }),
    asFormRow('1 MB, chunked', bigForm(1_000_000), tooLarge, { chunks: 65_536, ...behindAny(refused(413)) }),
    ...fields('sign-in: 16 KiB and a byte', { socket_id: '1.1', x: 'x'.repeat(limit) }, tooLarge, { path: signinPath }),
  ],
  'case, Unicode and empty names': [
    '',
    'lobby',
    'private',
    'presence',
    'private-',
    'presence-',
    'private-encrypted-',
    'PRIVATE-a',
    'Private-a',
    'PRESENCE-a',
    'PRIVATE-encrypted-a',
    ' private-a',
    'private-a ',
    'private-ａ',
    'private-а',
    'private-é',
    'private-e\u0301',
    'prıvate-a',
    'private‐a',
    'ｐrivate-a',
    '\ufeffprivate-a',
    'cache-a',
  ].flatMap(badChannelName),
  'prefix tricks': [
    ...foreign('private-encrypted-private-true', 'encrypted'),
    ...foreign('private-encrypted-user-alice', 'encrypted'),
    ...foreign('private-encrypted', 'private'),
    ...foreign('private-encryptedtrue', 'private'),
    ...foreign('private-private-true', 'private'),
    ...foreign('private-presence-member', 'private'),
    ...foreign('presence-private-true', 'presence'),
    ...foreign('presence-private-encrypted-true', 'presence'),
    ...foreign('presence-user-alice', 'presence'),
    ...foreign('private-user-bob', 'private'),
    ...foreign('private-user-ALICE', 'private'),
    ...foreign('private-user-alice-', 'private'),
    ...foreign('private-user-', 'private'),
    ...['xprivate-true', '-private-true', 'presence', 'encrypted-private-true'].flatMap(badChannelName),
  ],
  'greedy or unescaped patterns': [
    ...[
      'private-orderShipment',
      'private-order',
      'private-order-',
      'private-order-bob',
      'private-order-ALICE',
      'private-order-alice-',
      'private-order-alice,bob',
      'private-order-alice-lines-',
      'private-aXb-1',
      'private-a.b-',
      'private-a-b-1',
    ].flatMap((name) => foreign(name, 'private')),
    ...foreign('presence-order-alice', 'presence'),
    ...badChannelName('xprivate-order-alice'),
  ],
  'presence without a member': [
    ...both('authorize says true', 'presence-true', failed('invalid_callback_result')),
    ...['channel_data', 'user_data', 'user_id', 'presence_data'].flatMap((key) =>
      fields(
        `authorize says true, and the client has its own ${key}`,
        { ...join('presence-true'), [key]: key === 'user_id' ? 'admin' : '{"user_id":"admin"}' } as Record<
          string,
          string
        >,
        failed('invalid_callback_result'),
      ),
    ),
    ...['no-id', 'empty-id', 'list', 'yes', 'whole-user'].flatMap((answer) =>
      both(`authorize says ${answer}`, `presence-${answer}`, failed('invalid_callback_result')),
    ),
  ],
  'lone surrogates': [
    ...['private', 'presence'].flatMap((kind) =>
      both(`${kind}, a member whose id is half a character`, `${kind}-surrogate-id`, failed('invalid_callback_result')),
    ),
    asJsonRow('in the socket id', '{"socket_id":"\\ud800","channel_name":"private-true"}', badSocket),
    asJsonRow('in the channel', '{"socket_id":"1.1","channel_name":"private-\\udfff"}', badChannel),
    asJsonRow('sign-in: in the socket id', '{"socket_id":"1.1\\ud800"}', badSocket, { path: signinPath }),
    asFormRow('in the socket id', 'socket_id=%ED%A0%80&channel_name=private-true', badBody, {
      ...behindForm(badSocket),
    }),
    asFormRow('in the channel', 'socket_id=1.1&channel_name=private-%ED%BF%BF', badBody, {
      ...behindForm(badChannel),
    }),
    asFormRow('sign-in: in the socket id', 'socket_id=1.1%ED%A0%80', badBody, {
      path: signinPath,
      ...behindForm(badSocket),
    }),
  ],
  'JSONP and other methods': [
    ...['GET', 'PUT', 'DELETE', 'PATCH'].flatMap((method): Case[] => [
      { name: method, method, expect: wrongMethod },
      ...both(`${method} with a body`, 'private-true', wrongMethod, { method }),
      { name: `sign-in: ${method}`, path: signinPath, method, expect: wrongMethod },
    ]),
    { name: 'HEAD', method: 'HEAD', expect: { status: 405, headers: { allow: 'POST' } } },
    {
      name: 'GET with a query, as JSONP',
      method: 'GET',
      path: '/pingerchips/auth?callback=x&socket_id=1.1&channel_name=private-true',
      expect: wrongMethod,
    },
    {
      name: 'HEAD with a query',
      method: 'HEAD',
      path: '/pingerchips/auth?socket_id=1.1&channel_name=private-true',
      expect: { status: 405, headers: { allow: 'POST' } },
    },
    ...both('GET that wants to be a POST', 'private-true', wrongMethod, {
      method: 'GET',
      path: '/pingerchips/auth?_method=POST',
      headers: { 'x-http-method-override': 'POST' },
    }),
    ...both('POST that asks for JSONP', 'private-false', denied, { path: '/pingerchips/auth?callback=alert' }),
  ],
  'cross-origin requests': origins.flatMap((origin): Case[] => [
    ...both(`Origin ${origin}`, 'private-false', denied, { headers: { origin } }),
    {
      name: `a preflight of ${origin}`,
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
      needsApp: true,
      expect: { status: 204, fromApp: true },
    },
  ]),
  'refusals that tell': [
    ...['true', 'false', 'user-bob', 'throws', 'deny-401', 'deny-403', 'hangs', 'nobody-knows-it'].flatMap((name) =>
      both(`nobody asks for private-${name}`, `private-${name}`, noUser, { user: null }),
    ),
    ...['presence-true', 'presence-member', 'private-encrypted-true'].flatMap((name) =>
      both(`nobody asks for ${name}`, name, noUser, { user: null }),
    ),
    ...both('a function for a user', 'private-true', noUser, { user: 'function' }),
    ...both('a callable promise of nobody', 'private-true', noUser, { user: 'callable-nobody' }),
    ...both('denied by user', 'private-true', deniedByUser, { user: 'denied' }),
    ...['false', 'null', 'undefined', 'user-bob', 'nobody-knows-it'].flatMap((name) =>
      both(`denied private-${name}`, `private-${name}`, denied),
    ),
    ...signin('nobody', null, noUser),
    ...signin('somebody that signin refuses', 'stranger', denied),
    ...signin('denied by user', 'denied', deniedByUser),
  ],
  'callbacks that throw, hang or answer nonsense': [
    ...['private-encrypted', 'private', 'presence'].flatMap((kind) => [
      ...both(`${kind}, throws`, `${kind}-throws`, failed()),
      ...both(`${kind}, rejects`, `${kind}-rejects`, failed()),
    ]),
    ...both('encrypted, a member', 'private-encrypted-member', failed('invalid_callback_result')),
    ...both('encrypted, a string', 'private-encrypted-yes', failed('invalid_callback_result')),
    ...['no-id', 'empty-id', 'yes', 'list'].flatMap((answer) =>
      both(`private, ${answer}`, `private-${answer}`, failed('invalid_callback_result')),
    ),
    ...both('throws null', 'private-throws-null', failed('non_error_thrown')),
    ...both("throws 'route', which Express takes for a command", 'private-throws-route', failed('non_error_thrown')),
    ...both('rejects with undefined', 'private-rejects-undefined', failed('non_error_thrown')),
    ...both('a thenable that throws null', 'private-thenable-throws', failed('non_error_thrown')),
    ...both(
      'a thenable that resolves with a promise that never settles',
      'private-thenable-hangs',
      failed('callback_timeout'),
    ),
    ...both('never answers', 'private-hangs', failed('callback_timeout')),
    ...both('an error with the code of a broken connection', 'private-econnreset', failed('ECONNRESET')),
    ...both("an error with the code of Fastify's parser", 'private-too-large', failed('FST_ERR_CTP_BODY_TOO_LARGE')),
    ...both('user throws', 'private-true', failed(), { user: 'throws' }),
    ...['no-id', 'whole-user', 'true', 'watches-numbers'].flatMap((user) =>
      signin(`an answer that cannot be signed, ${user}`, user, failed('invalid_callback_result')),
    ),
    ...signin('signin rejects', 'rejects', failed()),
  ],
}

/** Attacks by the threat that they try, each as JSON and as a form where it has two faces. */
export const corpus: Readonly<Record<Threat, readonly Case[]>> = { ...authCorpus, ...webhookCorpus }

/** A request whose auth_info is `open` so many times. */
function deep(open: string, close: string, levels = 7000, inside = ''): string {
  return `{${asJson(unwanted).slice(1, -1)},"auth_info":${open.repeat(levels)}${inside}${close.repeat(levels)}}`
}
