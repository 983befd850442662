import { appHasNoRoute, appKey } from '../app/harness.ts'
import {
  batch,
  denied,
  granted,
  grantedInBatch,
  grantedWithKey,
  member,
  refused,
  sign,
  tooLarge,
} from './expectations.ts'
import { asForm, asJson, asPusherJs, behindAny, both, form, join, json, shown, signin, signinPath } from './requests.ts'
import type { Row } from './row.ts'

/** Exactly what pingerchips-js sends. */
const asPingerchipsJs = (channel_name: string, auth_info: unknown = {}) =>
  asJson({ socket_id: 'abc123.def456', channel_name, auth_info })

const text = (size: number) => asJson({ ...join('private-true'), auth_info: 'x'.repeat(size) })
/** A JSON body of exactly so many bytes. */
const sized = (bytes: number) => text(bytes - text(0).length)
const limit = 16 * 1024

/** A parser of the app's may refuse what the endpoint accepts. */
const { behind: mayRefuse = {} } = behindAny({ status: [200, 400, 415], errors: 'any', fromApp: true })

const many = Array.from({ length: 40 }, (_, index) => `private-user-${index}`)

/** Requests of honest clients. Requests of attackers are in corpus.ts. */
export const validRequests: readonly Row[] = [
  // The requests of the two client libraries.
  {
    name: 'the exact bytes of pusher-js',
    type: form,
    body: 'socket_id=1234.1234&channel_name=private-foobar',
    expect: { ...granted('private-foobar'), authorize: { kind: 'private', authInfo: {} } },
  },
  {
    name: 'the exact bytes of pusher-js with params',
    type: form,
    body: asPusherJs('private-foobar', { token: 'a b&c=ü', 'x[y]': '1' }),
    expect: { ...granted('private-foobar'), authorize: { authInfo: { token: 'a b&c=ü', 'x[y]': '1' } } },
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
      authorize: { authInfo: { token: 'ü☃', deep: [{ a: null }] } },
    },
  },
  {
    name: 'characters split over chunks',
    type: json,
    body: asPingerchipsJs('private-foobar', '☃'.repeat(50)),
    chunks: 1,
    expect: { ...granted('private-foobar', 'abc123.def456'), authorize: { authInfo: '☃'.repeat(50) } },
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
  ...both('private, true', 'private-true', { ...granted('private-true'), authorize: { kind: 'private' } }),
  ...both('private, a promise of true', 'private-later', granted('private-later')),
  ...both(
    'private, a member',
    'private-member',
    member('private-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data', 'user_data'),
  ),
  ...both('presence, a member', 'presence-member', {
    ...member('presence-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data'),
    authorize: { kind: 'presence' },
  }),
  ...both(
    'presence, a promise of a member',
    'presence-member-later',
    member('presence-member-later', '{"user_id":"alice"}', 'channel_data'),
  ),
  ...both(
    'a member whose toJSON has more',
    'presence-to-json',
    member('presence-to-json', '{"user_id":"alice"}', 'channel_data'),
  ),
  ...both('encrypted, true', 'private-encrypted-true', grantedWithKey('private-encrypted-true')),
  ...both('encrypted, a promise of true', 'private-encrypted-later', grantedWithKey('private-encrypted-later')),
  ...both('a callable promise of true', 'private-callable-true', granted('private-callable-true')),
  ...both("one's own channel", 'private-user-alice', granted('private-user-alice')),
  ...both('a channel that a rule names', 'private-order-alice', granted('private-order-alice')),
  ...['private-encrypted', 'private', 'presence'].flatMap((kind) => [
    ...both(`${kind}, false`, `${kind}-false`, denied),
    ...both(`${kind}, null`, `${kind}-null`, denied),
    ...both(`${kind}, undefined`, `${kind}-undefined`, denied),
    ...both(`${kind}, denied with a 401`, `${kind}-deny-401`, {
      status: 401,
      json: { error: 'token_expired' },
      headers: { 'www-authenticate': 'Bearer' },
    }),
    ...both(`${kind}, denied with a reason`, `${kind}-deny-403`, { status: 403, json: { error: 'the room is full' } }),
  ]),

  // Several channels in one request.
  {
    name: 'a batch as pusher-js-auth sends it',
    type: form,
    body: '&socket_id=1234.1234&channel_name[0]=private-true&channel_name[1]=private-false&channel_name[2]=lobby',
    expect: batch({
      'private-true': grantedInBatch('private-true'),
      'private-false': { status: 403 },
      lobby: { status: 400 },
    }),
  },
  {
    name: 'a batch as JSON',
    type: json,
    body: asJson({ socket_id: '1234.1234', channel_name: ['private-true', 'private-deny-401'] }),
    expect: batch({
      'private-true': grantedInBatch('private-true'),
      'private-deny-401': { status: 401, error: 'token_expired' },
    }),
  },
  {
    name: 'a batch of 40 channels, which a parser may have made an object of',
    type: form,
    body: `socket_id=1234.1234${many.map((name, index) => `&channel_name%5B${index}%5D=${name}`).join('')}`,
    expect: batch(Object.fromEntries(many.map((name) => [name, { status: 403 }]))),
  },
  {
    name: 'a batch of one channel',
    type: form,
    body: 'socket_id=1234.1234&channel_name[0]=private-true',
    expect: batch({ 'private-true': grantedInBatch('private-true') }),
  },
  {
    name: 'a batch of presence and encrypted channels',
    type: json,
    body: asJson({ socket_id: '1234.1234', channel_name: ['presence-member', 'private-encrypted-true'] }),
    expect: batch({
      'presence-member': {
        status: 200,
        data: member('presence-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data').json,
      },
      'private-encrypted-true': { status: 200, data: grantedWithKey('private-encrypted-true').json },
    }),
  },

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
  ...signin('denied by signin', 'expired', {
    status: 401,
    json: { error: 'token_expired' },
    headers: { 'www-authenticate': 'Bearer' },
  }),

  // Content types.
  ...[
    'application/json; charset=utf-8',
    'Application/JSON;charset="utf-8"',
    'application/json ; a=b',
    'application/json;',
  ].map(
    (type): Row => ({
      name: `Content-Type ${type}`,
      type,
      body: asJson(join('private-true')),
      expect: granted('private-true'),
    }),
  ),
  ...[
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencoded; charset=utf-8, application/json; charset=utf-8',
    'application/json, application/x-www-form-urlencoded',
  ].map(
    (type): Row => ({
      name: `Content-Type ${type}, as joined fields`,
      type,
      body: asPusherJs('private-true'),
      expect: granted('private-true'),
      behind: mayRefuse,
    }),
  ),
  {
    name: 'Content-Encoding identity',
    type: json,
    headers: { 'content-encoding': 'identity' },
    body: asJson(join('private-true')),
    expect: granted('private-true'),
    behind: mayRefuse,
  },
  {
    name: 'Content-Type of pusher-js with a charset',
    type: 'application/x-www-form-urlencoded; charset=UTF-8',
    body: asPusherJs('private-true'),
    expect: granted('private-true'),
  },

  // Limits, from the inside.
  {
    name: "a client's own channel_data goes to authorize alone",
    type: form,
    body: asPusherJs('presence-member', { channel_data: '{"user_id":"admin"}' }),
    expect: member('presence-member', '{"user_id":"alice","user_info":{"name":"alice ☃"}}', 'channel_data'),
  },
  { name: 'a body of exactly 16 KiB', type: json, body: sized(limit), expect: granted('private-true') },
  {
    name: 'a body that a parser in front has made small',
    type: json,
    body: asJson(join('private-true')) + ' '.repeat(limit),
    chunks: 4096,
    expect: tooLarge,
    behind: { json: { status: [200, 413] }, both: { status: [200, 413] } },
  },
  {
    name: 'a form of 200 fields',
    type: form,
    body: `${asForm(Object.fromEntries(Array.from({ length: 198 }, (_, n) => [`x${n}`, ''])))}&${asPusherJs('private-true')}`,
    expect: granted('private-true'),
  },
  { name: 'a channel of 200 characters', type: json, body: asJson(join(`private-${'a'.repeat(192)}`)), expect: denied },
  {
    name: 'a socket id of 64 characters',
    type: json,
    body: asJson(join('private-true', '1'.repeat(64))),
    expect: granted('private-true', '1'.repeat(64)),
  },

  // Methods and paths.
  {
    name: 'POST with a query',
    path: '/pingerchips/auth?x=1',
    type: json,
    body: asJson(join('private-true')),
    expect: granted('private-true'),
  },
  { name: 'OPTIONS stays with the app', method: 'OPTIONS', needsApp: true, expect: { status: 204, fromApp: true } },
  ...['/pingerchips/authx', '/pingerchips', '/pingerchips/auth/x', '//pingerchips/auth', '/', `${signinPath}x`].map(
    (path): Row => ({
      name: `POST ${shown(path)} stays with the app`,
      path,
      type: json,
      body: asJson(join('private-true')),
      needsApp: true,
      expect: { status: 404, json: appHasNoRoute, fromApp: true, authorize: null },
    }),
  ),
]
