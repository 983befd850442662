import { connect } from 'node:net'
import fc from 'fast-check'

/** Bytes for one connection, in the pieces in which they are written. */
export interface HostileConnection {
  readonly pieces: readonly string[]
  /** What the client does then: half-closes, leaves at once, or resets the connection. */
  readonly ending: 'end' | 'destroy' | 'reset'
}

const path = '/pingerchips/auth'
const crlf = fc.oneof(
  { weight: 12, arbitrary: fc.constant('\r\n') },
  fc.constantFrom('\n', '\r', '\r\r\n', '', ' \r\n'),
)
const token = fc.oneof(
  fc.constantFrom('GET', 'PUT', 'post', 'POST ', 'OPTIONS', 'CONNECT', 'PRI', 'TRACE', '', 'P\0ST', 'X'.repeat(300)),
  fc.string({ maxLength: 8 }),
)
const method = fc.oneof({ weight: 6, arbitrary: fc.constant('POST') }, token)
const target = fc.oneof(
  { weight: 8, arbitrary: fc.constant(path) },
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
    '/pingerchips/user-auth',
    '*',
    '',
    '/%',
    `/${'a/'.repeat(2000)}`,
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const version = fc.oneof(
  { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
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
  { weight: 3, arbitrary: length.map((value) => `Content-Length: ${value}`) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('chunked', 'chunked, chunked', 'identity', ' chunked', 'gzip, chunked', 'x')
      .map((value) => `Transfer-Encoding: ${value}`),
  },
  { weight: 2, arbitrary: fc.constant('X-User: alice') },
  fc.tuple(headerName, fc.constantFrom(': ', ':', ' : ', ''), headerValue).map((parts) => parts.join('')),
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
const body = fc.oneof(
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
const request = fc
  .record({
    method,
    target,
    version,
    headers: fc.array(header, { maxLength: 8 }),
    ends: fc.array(crlf, { minLength: 12, maxLength: 12 }),
    body,
    host: fc.boolean(),
  })
  .map(({ method, target, version, headers, ends, body, host }) => {
    const lines = [`${method} ${target} ${version}`, ...(host ? ['Host: 127.0.0.1'] : []), ...headers]
    return `${lines.map((line, index) => line + (ends[index] ?? '\r\n')).join('')}\r\n${body}`
  })

/** Malformed HTTP, by HTTP's own grammar: near enough to what is right to get past the first line. */
export const hostileConnection: fc.Arbitrary<HostileConnection> = fc
  .record({
    requests: fc.array(request, { minLength: 1, maxLength: 3 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
    ending: fc.constantFrom('end' as const, 'end' as const, 'end' as const, 'destroy' as const, 'reset' as const),
  })
  .map(({ requests, cuts, ending }) => {
    const text = requests.join('')
    const places = [0, ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b), text.length]
    return { pieces: places.slice(1).map((end, index) => text.slice(places[index], end)), ending }
  })

/**
 * Writes it to a server.
 * @returns what came back, once the connection is over
 * @throws {Error} if the server has neither answered nor closed in time
 */
export function hurl(port: number, { pieces, ending }: HostileConnection, limit = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`The server kept the connection for ${limit} ms.`))
    }, limit)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('connect', async () => {
      for (const piece of pieces)
        await new Promise<void>((written) => {
          socket.write(piece, 'utf8', () => written())
        })
      if (ending === 'end') socket.end()
      else if (ending === 'destroy') socket.destroy()
      else socket.resetAndDestroy()
    })
  })
}
