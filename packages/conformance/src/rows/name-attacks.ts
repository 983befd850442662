import { badBody, badChannel, badSocket, denied, failed, refusedField } from './expectations.ts'
import { asFormRow, asJsonRow, behindForm, both, fields, shown, signinPath } from './requests.ts'
import type { Row } from './row.ts'

/** A socket id that must never be signed: as JSON and as a form, to subscribe and to sign in. */
const badSocketId = (id: string): Row[] => [
  ...fields(`socket_id ${shown(id)}`, { socket_id: id, channel_name: 'private-true' }, badSocket),
  ...fields(`sign-in: socket_id ${shown(id)}`, { socket_id: id }, badSocket, { path: signinPath }),
]
export const badChannelName = (name: string): Row[] =>
  fields(`channel_name ${shown(name)}`, { socket_id: '1.1', channel_name: name }, badChannel)
/** A well-formed channel that alice may not subscribe to. */
export const foreign = (channel: string, kind: string): Row[] =>
  both(`channel_name ${shown(channel)}`, channel, { ...denied, authorize: { kind, channel } })

export type NameThreat =
  | 'delimiters in the socket id'
  | 'delimiters in the channel'
  | 'case, Unicode and empty names'
  | 'prefix tricks'
  | 'greedy or unescaped patterns'
  | 'lone surrogates'

/** Socket ids and channel names that another request, client or rule would read differently. */
export const nameAttacks: Readonly<Record<NameThreat, readonly Row[]>> = {
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
  'lone surrogates': [
    ...['private', 'presence'].flatMap((kind) =>
      both(`${kind}, a member whose id is half a character`, `${kind}-surrogate-id`, failed('invalid_callback_result')),
    ),
    asJsonRow('in the socket id', '{"socket_id":"\\ud800","channel_name":"private-true"}', badSocket),
    asJsonRow('in the channel', '{"socket_id":"1.1","channel_name":"private-\\udfff"}', badChannel),
    asJsonRow('sign-in: in the socket id', '{"socket_id":"1.1\\ud800"}', badSocket, { path: signinPath }),
    asFormRow('in the socket id', 'socket_id=%ED%A0%80&channel_name=private-true', badBody, {
      ...behindForm(refusedField),
    }),
    asFormRow('in the channel', 'socket_id=1.1&channel_name=private-%ED%BF%BF', badBody, {
      ...behindForm(refusedField),
    }),
    asFormRow('sign-in: in the socket id', 'socket_id=1.1%ED%A0%80', badBody, {
      path: signinPath,
      ...behindForm(refusedField),
    }),
  ],
}
