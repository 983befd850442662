import { gzipSync } from 'node:zlib'
import { listsOfText, numbered, repeatedChannel } from './batch-attacks.ts'
import {
  badBody,
  badChannel,
  badSocket,
  denied,
  grantedInBatch,
  refused,
  refusedField,
  refusedOrBatch,
  refusedOrDenied,
  tooLarge,
  wrongEncoding,
} from './expectations.ts'
import { badChannelName, foreign } from './name-attacks.ts'
import {
  asFormRow,
  asJson,
  asJsonRow,
  behindAny,
  behindForm,
  behindJson,
  both,
  deniedFields,
  deniedForm,
  fields,
  join,
  shown,
  signinPath,
} from './requests.ts'
import type { Row } from './row.ts'

const limit = 16 * 1024
const bigJson = (bytes: number) => asJson(deniedFields).padEnd(bytes)
const bigForm = (bytes: number) => `${deniedForm}&x=`.padEnd(bytes, 'x')

export type BodyThreat =
  | 'arrays and objects in the place of text'
  | 'prototype keys'
  | 'parser pollution and bombs'
  | 'duplicate fields'
  | 'malformed bodies'
  | 'bodies over the limit'

/** Bodies that parsers read differently, or at too great a cost. */
export const bodyAttacks: Readonly<Record<BodyThreat, readonly Row[]>> = {
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
    ].flatMap((value): Row[] => [
      asJsonRow(`socket_id ${shown(value)}`, asJson(join('private-true', value)), badSocket),
      asJsonRow(`channel_name ${shown(value)}`, asJson(join(value)), listsOfText.get(asJson(value)) ?? badChannel),
      asJsonRow(`sign-in: socket_id ${shown(value)}`, asJson({ socket_id: value }), badSocket, { path: signinPath }),
    ]),
    ...['[]', '[0]', '[toString]', '[length]', '[startsWith]', '[][]', '.0'].flatMap((key): Row[] => [
      asFormRow(`socket_id${key}`, `socket_id${key}=1.1&channel_name=private-true`, badSocket),
      asFormRow(`channel_name${key}`, `socket_id=1.1&channel_name${key}=private-true`, ...numbered(key)),
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
    asJsonRow('an admin in __proto__', `{"__proto__":{"admin":1},${asJson(deniedFields).slice(1)}`, denied, {
      ...behindJson(refusedOrDenied),
    }),
    asJsonRow(
      'an admin in auth_info',
      asJson(deniedFields).replace('}', ',"auth_info":{"__proto__":{"id":"bob"}}}'),
      denied,
      {
        ...behindJson(refusedOrDenied),
      },
    ),
    asFormRow('an admin in __proto__', `__proto__[admin]=1&__proto__=1&${deniedForm}`, denied),
    asFormRow('an admin in constructor.prototype', `constructor[prototype][admin]=1&${deniedForm}`, denied),
    ...['__proto__', 'constructor', 'toString'].flatMap(badChannelName),
    ...['private-__proto__', 'private-constructor', 'private-toString'].flatMap((name) => foreign(name, 'private')),
  ],
  'parser pollution and bombs': [
    asFormRow('brackets that hold a prototype', `a[__proto__]=b&a[constructor]=c&${deniedForm}`, denied),
    asFormRow('201 fields', `${Array.from({ length: 199 }, (_, n) => `a${n}&`).join('')}${deniedForm}`, badBody, {
      ...behindForm(refusedOrDenied),
    }),
    ...[900, 2000].map((count) =>
      asFormRow(`${count} brackets`, `${deniedForm}${'&a[]='.repeat(count)}`, badBody, {
        ...behindForm(refusedOrDenied),
      }),
    ),
    asFormRow('brackets 1,000 deep', `${deniedForm}&a${'[b]'.repeat(1000)}=c`, denied, {
      ...behindForm(refusedOrDenied),
    }),
    asFormRow('a long index', `${deniedForm}&a[4294967295]=b&a[1e9]=c`, denied),
    asJsonRow('arrays 7,000 deep', deep('[', ']'), denied),
    asJsonRow('objects 2,000 deep', deep('{"a":', '}', 2000, '1'), denied),
    asJsonRow(
      '1,000 fields',
      asJson({ ...deniedFields, ...Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, 0])) }),
      denied,
    ),
    asJsonRow('numbers out of range', asJson(deniedFields).replace('}', ',"auth_info":[1e999,-1e999,-0]}'), denied),
    ...[asJson(deniedFields), asJson(deniedFields).padEnd(1_000_000)].map((text) =>
      asJsonRow(`${text.length} bytes in gzip`, gzipSync(text), wrongEncoding, {
        headers: { 'content-encoding': 'gzip' },
        ...behindAny(refusedOrDenied),
      }),
    ),
    ...[deniedForm, deniedForm.padEnd(1_000_000, '&')].map((text) =>
      asFormRow(`${text.length} bytes in gzip`, gzipSync(text), wrongEncoding, {
        headers: { 'content-encoding': 'gzip' },
        ...behindAny(refusedOrDenied),
      }),
    ),
  ],
  'duplicate fields': [
    ...[
      ['channel_name', 'channel_name=private-true&channel_name=private-user-bob'],
      ['channel_name, the other way', 'channel_name=private-user-bob&channel_name=private-true'],
      ['channel_name, escaped', 'channel_name=private-true&channel%5fname=private-user-bob'],
    ].map(([name = '', body]) =>
      asFormRow(`${name} twice`, `socket_id=1.1&${body}`, badBody, {
        ...behindForm(repeatedChannel),
        atAdapters: true,
      }),
    ),
    asFormRow('socket_id twice', 'socket_id=1.1&socket_id=2.2&channel_name=private-true', badBody, {
      ...behindForm(refusedField),
    }),
    asFormRow('sign-in: socket_id twice', 'socket_id=1.1&socket_id=2.2', badBody, {
      path: signinPath,
      ...behindForm(refusedField),
    }),
    asFormRow('another field twice', `${deniedForm}&x=1&x=2`, badBody, { ...behindForm(denied) }),
    asFormRow('one channel three times', `socket_id=1.1${'&channel_name=private-true'.repeat(3)}`, badBody, {
      ...behindForm({ status: 400, json: badChannel.json, authorize: null }),
    }),
    ...['[]', '[0]', '[1]'].map((key) =>
      asFormRow(`a name and its array ${key}`, `${deniedForm}&channel_name${key}=private-true`, denied, {
        ...behindForm(
          refusedOrBatch({ 'private-false': { status: 403 }, 'private-true': grantedInBatch('private-true') }, 403),
        ),
      }),
    ),
    // JSON.parse keeps the last one, which is then what `authorize` is asked and what would be signed.
    asJsonRow(
      'channel_name twice',
      '{"socket_id":"1.1","channel_name":"private-true","channel_name":"private-user-bob"}',
      { ...denied, authorize: { channel: 'private-user-bob' } },
    ),
    asJsonRow(
      'socket_id twice',
      '{"socket_id":"1.1","channel_name":"private-true","socket_id":"1.1:private-b"}',
      badSocket,
    ),
    ...both(
      'another channel in the query',
      'private-false',
      { ...denied, authorize: { channel: 'private-false' } },
      {
        path: '/pingerchips/auth?socket_id=1.1&channel_name=private-true',
      },
    ),
  ],
  'malformed bodies': [
    ...['', '{', 'null', '1', 'true', '"x"', 'nonsense', '{"a":1}x', "{'a':1}", '\0', '{"socket_id"'].map((body) =>
      asJsonRow(`body ${shown(body)}`, body, badBody, { ...behindJson(refused(400)) }),
    ),
    asJsonRow('body {}', '{}', badSocket),
    asJsonRow('bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), badBody, {
      ...behindJson(refused(400)),
    }),
    ...['', '&', '=', 'socket_id', 'x=1', '\0', asJson(deniedFields)].map((body) =>
      asFormRow(`body ${shown(body)}`, body, badSocket),
    ),
    ...['%', '%zz', 'x=%e0%a4', 'x=%ff'].map((text) =>
      asFormRow(`a broken escape ${text}`, `${deniedForm}&${text}`, badBody, {
        ...behindForm(refusedOrDenied),
      }),
    ),
    asFormRow('bytes that are not UTF-8', Uint8Array.of(0x73, 0xff, 0x3d, 0xff), badSocket),
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
}

/** A request whose auth_info has `open` this many times. */
function deep(open: string, close: string, levels = 7000, inside = ''): string {
  return `{${asJson(deniedFields).slice(1, -1)},"auth_info":${open.repeat(levels)}${inside}${close.repeat(levels)}}`
}
