import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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
    res
      .writeHead(status, { location: '/text' })
      .end(
        JSON.stringify({ method: req.method, type: req.headers['content-type'], extra: req.headers['x-extra'], body }),
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
  expect(await sendServer('http://nobody.invalid', {})).toEqual({ ok: false, error: expect.any(String) })
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
])('a header that no connection can carry is refused before it costs one: %o', async (headers, message) => {
  await expect(sendServer('http://127.0.0.1:9/', 'x', { headers: headers as never })).rejects.toThrow(message)
})
