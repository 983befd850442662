import fc from 'fast-check'
import { signinPath } from '../rows/requests.ts'
import { signedHeaders, webhooksPath } from '../rows/valid-webhooks.ts'
import type { RawConnection } from './send-raw.ts'

const path = '/pingerchips/auth'
const brokenLineEnd = fc.constantFrom('\n', '\r', '\r\r\n', '', ' \r\n', '\r\n\r\n')
const token = fc.oneof(
  fc.constantFrom('GET', 'PUT', 'post', 'POST ', 'OPTIONS', 'CONNECT', 'PRI', 'TRACE', '', 'P\0ST', 'X'.repeat(300)),
  fc.string({ maxLength: 8 }),
)
const method = fc.oneof({ weight: 12, arbitrary: fc.constant('POST') }, token)
const target = fc.oneof(
  { weight: 8, arbitrary: fc.constant(path) },
  { weight: 4, arbitrary: fc.constantFrom(signinPath, webhooksPath) },
  fc.constantFrom(
    `${path}/`,
    `${path}?a=b`,
    `${path}#x`,
    `//127.0.0.1${path}`,
    `http://127.0.0.1${path}`,
    '/pingerchips/../pingerchips/auth',
    '/pingerchips%2fauth',
    '/pingerchips/auth%00',
    '/PINGERCHIPS/AUTH',
    '*',
    '',
    '/%',
    `/${'a/'.repeat(2000)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const version = fc.oneof(
  { weight: 16, arbitrary: fc.constant('HTTP/1.1') },
  fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 ', 'http/1.1', '', 'HTTP/1.99999'),
)
const contentType = fc.constantFrom(
  'application/json',
  'application/x-www-form-urlencoded',
  ' application/json',
  'application/json\ta',
  'Application/Json ;charset=x',
  'text/plain',
  'multipart/form-data; boundary=x',
  '',
  'application/json, text/html',
)
const length = fc.oneof(
  fc.nat(300).map(String),
  fc.constantFrom('-1', '0', '1e3', '0x10', '99999999999999999999', '+5', '5, 5', '5 5', '', 'NaN', '16385', '1048577'),
)
const headerName = fc.oneof(
  fc.constantFrom(
    'Authorization',
    'Cookie',
    'X-User',
    'Expect',
    'Upgrade',
    'Connection',
    'Host',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 10 }),
)
const headerValue = fc.oneof(
  fc.constantFrom(
    'alice',
    '100-continue',
    'websocket',
    'close',
    'keep-alive, Upgrade',
    'Bearer',
    'a'.repeat(9000),
    '\0',
    ' folded\r\n value',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const header = fc.oneof(
  { weight: 3, arbitrary: contentType.map((type) => `Content-Type: ${type}`) },
  length.map((value) => `Content-Length: ${value}`),
  fc
    .constantFrom('chunked', 'chunked, chunked', 'identity', ' chunked', 'gzip, chunked', 'x')
    .map((value) => `Transfer-Encoding: ${value}`),
  fc.tuple(headerName, fc.constantFrom(': ', ':', ' : ', ''), headerValue).map((parts) => parts.join('')),
)
const someHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant<string[]>([]) },
  fc.array(header, { minLength: 1, maxLength: 4 }),
)
const value = fc.oneof(
  fc.constantFrom(
    '1.1',
    '1.1:private-b',
    'private-true',
    'private-user-bob',
    'presence-true',
    'private-',
    '{"toString":1}',
    '["1.1"]',
    '\ud800',
    '%00',
    '\u0000',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const fields = fc.array(
  fc.tuple(fc.constantFrom('socket_id', 'channel_name', 'auth_info', '__proto__', 'socket_id[]', 'a[b][c]', ''), value),
  { maxLength: 6 },
)
const wellFormed = { socket_id: '1.1', channel_name: 'private-true' }
const body = fc.oneof(
  // Valid requests with additional fields: so many that one connection in thirty is served.
  { weight: 2, arbitrary: fields.map((pairs) => JSON.stringify({ ...Object.fromEntries(pairs), ...wellFormed })) },
  {
    weight: 2,
    arbitrary: fields.map(
      (pairs) => `${new URLSearchParams(wellFormed)}&${pairs.map((pair) => pair.join('=')).join('&')}`,
    ),
  },
  fields.map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
  fields.map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
  fields.map((pairs) =>
    new URLSearchParams(pairs.map(([name, text]): [string, string] => [name, text.toWellFormed()])).toString(),
  ),
  fc.json(),
  fc.constantFrom(
    '{',
    '[[[[',
    '"',
    '[]',
    'null',
    '{"a":'.repeat(3000),
    '5\r\nhello\r\n0\r\n\r\n',
    'zz\r\n',
    'ffffffffffff\r\n',
    '0\r\n\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 400 }),
)
/** How a body is framed: by its length, in one chunk, or not at all. */
const framing = fc.oneof(
  { weight: 8, arbitrary: fc.constant('length' as const) },
  { weight: 2, arbitrary: fc.constant('chunk' as const) },
  fc.constant('none' as const),
)
const framed = {
  length: (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  chunk: (body: string) =>
    `Transfer-Encoding: chunked\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  none: (body: string) => `\r\n${body}`,
}
/** A line with a broken end. */
const broken = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.record({ line: fc.nat(6), end: brokenLineEnd }),
)
/** Valid but for one or two parts: Node's parser would refuse anything worse. */
const request = fc
  .record({
    method,
    target,
    version,
    type: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('application/json', 'application/x-www-form-urlencoded') },
      contentType,
    ),
    user: fc.constantFrom('X-User: alice', 'X-User: alice', 'X-User: denied', 'X-User: throws', 'X-Unknown: user'),
    headers: someHeaders,
    broken,
    body,
    framing,
  })
  .map(({ method, target, version, type, user, headers, broken, body, framing }) => {
    const lines = [`${method} ${target} ${version}`, 'Host: 127.0.0.1', `Content-Type: ${type}`, user, ...headers]
    const head = lines.map((line, index) => line + (index === broken?.line ? broken.end : '\r\n')).join('')
    return head + framed[framing](body)
  })

/** The events of the fuzzer's signed webhooks. */
export const fuzzedEvents: readonly object[] = [{ name: 'channel_occupied', channel: 'signed' }]
const forgedEvents = [{ name: 'channel_occupied', channel: 'forged' }]
/** A repeated webhook is a replay: each has a time of its own, within the app's tolerance. */
const webhookTime = fc.nat(1_000_000).map((ago) => Date.now() - ago)
const signature = fc.constantFrom('0'.repeat(64), '', 'x', 'null', 'g'.repeat(64), 'a'.repeat(9000))

/**
 * A webhook that is signed, or not, and then may be cut, doubled or changed. Only a body with the channel `signed` has a
 * signature, over all its bytes.
 */
const webhook = fc
  .record({
    time: webhookTime,
    isSigned: fc.boolean(),
    forged: signature,
    change: fc.constantFrom(
      'nothing',
      'nothing',
      'signature twice',
      'key twice',
      'body cut',
      'length cut',
      'body longer',
      'forged',
      'no key',
    ),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    type: fc.oneof({ weight: 8, arbitrary: fc.constant('application/json') }, contentType),
    more: someHeaders,
  })
  .map(({ time, isSigned, forged, change, cut, type, more }) => {
    const events = isSigned && change !== 'forged' ? fuzzedEvents : forgedEvents
    const text = JSON.stringify({ time_ms: time, events })
    const { 'x-pusher-key': key, 'x-pusher-signature': signed } = signedHeaders(
      // The body differs from the signed text.
      change === 'forged' ? JSON.stringify({ time_ms: time, events: fuzzedEvents }) : text,
    )
    const signature = isSigned ? signed : forged
    const at = Math.floor(cut * text.length)
    const body = change === 'body cut' ? text.slice(0, at) : change === 'body longer' ? `${text}${text}` : text
    const lines = [
      `POST ${webhooksPath} HTTP/1.1`,
      'Host: 127.0.0.1',
      `Content-Type: ${type}`,
      ...(change === 'no key' ? [] : [`X-Pusher-Key: ${key}`]),
      ...(change === 'key twice' ? ['X-Pusher-Key: x'] : []),
      `X-Pusher-Signature: ${signature}`,
      ...(change === 'signature twice' ? [`X-Pusher-Signature: ${signed}`] : []),
      ...more,
      `Content-Length: ${change === 'length cut' ? at : Buffer.byteLength(change === 'body longer' ? body : text)}`,
    ]
    return `${lines.join('\r\n')}\r\n\r\n${body}`
  })

/** Malformed HTTP, by HTTP's own grammar: valid enough to get past the first line. */
export const malformedHttp: fc.Arbitrary<RawConnection> = fc
  .record({
    requests: fc.array(fc.oneof({ weight: 3, arbitrary: request }, webhook), { minLength: 1, maxLength: 3 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
    ending: fc.constantFrom('end' as const, 'end' as const, 'end' as const, 'destroy' as const, 'reset' as const),
  })
  .map(({ requests, cuts, ending }) => {
    const text = requests.join('')
    const places = [0, ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b), text.length]
    return { pieces: places.slice(1).map((end, index) => text.slice(places[index], end)), ending }
  })
