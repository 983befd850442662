import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { sendServer as theirs } from '@walkeros/server-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendServer } from '../src/index.ts'

let server: Server
let url: string

beforeAll(async () => {
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const status = Number(new URL(req.url ?? '', 'http://x').searchParams.get('status') ?? 200)
    if (req.url?.startsWith('/hang')) return
    if (req.url?.startsWith('/break')) return void req.socket.destroy()
    if (req.url?.startsWith('/text')) return void res.end('plain')
    if (status === 204) return void res.writeHead(204).end()
    res.writeHead(status, { location: '/text' }).end(
      JSON.stringify({
        method: req.method,
        type: req.headers['content-type'],
        extra: req.headers['x-extra'],
        authorization: req.headers.authorization,
        body,
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('the same as @walkeros/server-core', () => {
  test.each([
    ['an object', '/', { a: 1 }, {}],
    ['a string', '/', 'text ☃', {}],
    ['nothing', '/', undefined, {}],
    ['another method', '/', { a: 1 }, { method: 'PUT' }],
    ['a method in lower case', '/', { a: 1 }, { method: 'put' }],
    ['a method in mixed case', '/', { a: 1 }, { method: 'Patch' }],
    ['a method without a body', '/', undefined, { method: 'delete' }],
    ['a header', '/', { a: 1 }, { headers: { 'x-extra': '1' } }],
    ['an answer of text', '/text', {}, {}],
    ['an answer without a body', '/?status=204', {}, {}],
    ['404', '/?status=404', {}, {}],
    ['500', '/?status=500', {}, {}],
    ['a redirect, which is not followed', '/?status=302', {}, {}],
    ['no answer in time', '/hang', {}, { timeout: 30 }],
  ])('%s', async (_name, path, data, options) => {
    const ours = await sendServer(url + path, data, options)
    expect(ours).toEqual(await theirs(url + path, data, options))
  })

  test('credentials of the URL are sent as Basic authentication', async () => {
    for (const credentials of ['ada:secret', 'ada', ':secret', 'a%40b:p%3A%C3%BC']) {
      const target = url.replace('//', `//${credentials}@`)
      expect(await sendServer(target, {})).toEqual(await theirs(target, {}))
    }
  })
})

test('a 404 keeps its data', async () => {
  expect(await sendServer(`${url}/?status=404`, { a: 1 })).toMatchObject({
    ok: false,
    error: '404 Not Found',
    data: { method: 'POST' },
  })
})

test('never rejects for a fault of the network', async () => {
  expect(await sendServer(`${url}/break`, {})).toEqual({ ok: false, error: expect.any(String) })
  expect(await sendServer('http://127.0.0.1:9', {})).toEqual({
    ok: false,
    error: expect.stringContaining('ECONNREFUSED'),
  })
  expect(await sendServer('http://unknown.invalid', {})).toEqual({ ok: false, error: expect.any(String) })
})

test("the caller's Content-Type replaces the default", async () => {
  expect(await sendServer(url, 'a=1', { headers: { 'Content-Type': 'text/plain' } })).toMatchObject({
    data: { type: 'text/plain' },
  })
})

test('connections are reused', async () => {
  const sockets = new Set<unknown>()
  const other = createServer((req, res) => {
    sockets.add(req.socket)
    req.resume()
    res.end()
  }).listen(0, '127.0.0.1')
  await once(other, 'listening')
  for (let n = 0; n < 20; n++) await sendServer(`http://127.0.0.1:${(other.address() as AddressInfo).port}`, { n })
  // A second one opens where a request starts before the pool has put the first one back.
  expect(sockets.size).toBeLessThanOrEqual(2)
  other.closeAllConnections()
  other.close()
})

test.each([
  ['url', ['nonsense']],
  ['url', [undefined]],
  ['url', ['ftp://a.example']],
  ['data', ['http://127.0.0.1:9', 1n]],
  ['options.timeout', ['http://127.0.0.1:9', 1, { timeout: 0 }]],
])('refuses a bad %s: %o', async (argument, values) => {
  await expect((sendServer as (...all: unknown[]) => Promise<unknown>)(...values)).rejects.toThrow(
    new RegExp(`^${argument} `),
  )
})

test.each([
  [{ 'x-name': '李' }, /^options\.headers\.x-name must be a string of Latin-1/],
  [{ 'x-name': 'a\r\nb: c' }, /^options\.headers\.x-name/],
  [{ 'x name': 'a' }, /^options\.headers must have names/],
  [{ Upgrade: 'websocket' }, /^options\.headers must have names/],
  [{ 'content-length': '5' }, /^options\.headers must have names/],
  [null, /^options\.headers must be an object/],
  [new Headers({ authorization: 'Bearer x' }), /^options\.headers must be an object of strings/],
  [new Map([['authorization', 'Bearer x']]), /^options\.headers must be an object of strings/],
  [[['authorization', 'Bearer x']], /^options\.headers must be an object of strings/],
])('a header that no connection can carry is refused before it costs one: %o', async (headers, message) => {
  await expect(sendServer('http://127.0.0.1:9/', 'x', { headers: headers as never })).rejects.toThrow(message)
})

test.each(['CONNECT', 'connect', 'TRACE', 'Track', '', 'GE T', 'POST\r\n', null, 7])(
  'the method %j is refused',
  async (method) => {
    await expect(sendServer('http://127.0.0.1:9/', 'x', { method: method as string })).rejects.toThrow(
      /^options\.method must be an HTTP method other than CONNECT, TRACE, TRACK/,
    )
  },
)

test('an authorization header goes before credentials of the URL', async () => {
  const target = url.replace('//', '//ada:secret@')
  const headers = { Authorization: 'Bearer x' }
  expect(await sendServer(target, {}, { headers })).toMatchObject({ data: { authorization: 'Bearer x' } })
})

test('credentials of the URL that are not percent-encoded UTF-8 are refused, and not shown', async () => {
  const refused = sendServer('http://ada:%ff@127.0.0.1:9/', {})
  await expect(refused).rejects.toThrow(/^url must have a user name and a password that are percent-encoded UTF-8\.$/)
})

test('JSON null is a value', async () => {
  const other = createServer((req, res) => req.resume().on('end', () => res.end('null'))).listen(0, '127.0.0.1')
  await once(other, 'listening')
  expect(await sendServer(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)).toEqual({
    ok: true,
    data: null,
  })
  other.closeAllConnections()
  other.close()
})

test('idle origins are forgotten: 1,500 take no more than 5 MB over one', async () => {
  // It runs what was built: `npm test` builds first. The origins are of this process, which keeps their connections open.
  const servers = await Promise.all(
    Array.from({ length: 1500 }, async () => {
      const one = createServer((req, res) => req.resume().on('end', () => res.end('{}'))).listen(0, '127.0.0.1')
      await once(one, 'listening')
      return one
    }),
  )
  const ports = servers.map((one) => (one.address() as AddressInfo).port)
  const module = `
    import { sendServer } from '@pingerchips/core'
    const ports = ${JSON.stringify(ports)}
    const heap = () => { gc(); return process.memoryUsage().heapUsed }
    for (let n = 0; n < 300; n++) await sendServer('http://127.0.0.1:' + ports[0], {})
    const before = heap()
    for (const port of ports) if (!(await sendServer('http://127.0.0.1:' + port, {})).ok) process.exit(1)
    process.stdout.write(String(heap() - before))
    process.exit()`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', module], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    printed += part
  })
  await once(child, 'close')
  for (const one of servers) {
    one.closeAllConnections()
    one.close()
  }
  expect(printed).toMatch(/^-?\d+$/)
  expect(Number(printed) / 1e6).toBeLessThan(5)
})
