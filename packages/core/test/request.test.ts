import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Pusher from 'pusher'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { PingerchipsServer } from '../src/index.ts'

const received: { method: string | undefined; url: string; body: string }[] = []
let status = 200
let response = '{"ok":true}'
const server = createServer(async (req, res) => {
  let body = ''
  for await (const chunk of req) body += chunk
  received.push({ method: req.method, url: req.url ?? '', body })
  res.writeHead(status, { 'content-type': 'application/json' }).end(response)
})
let client: PingerchipsServer
let port: number

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  client = new PingerchipsServer('3', 'secret', {
    appKey: 'key',
    protocol: 'pusher',
    endpoint: `http://127.0.0.1:${port}`,
    retries: 1,
  })
})
afterAll(async () => {
  await client.close()
  server.close()
})

test('a GET is signed as the npm package pusher signs it', async () => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] })
  const query = { zeta: 'a b&c=d', filter_by_prefix: 'presence-', account: 7, all: true }
  expect(await client.request('GET', '/channels/presence-a/users', { query })).toEqual({ ok: true })
  const { method, url } = received.at(-1) ?? { url: '' }
  const sent = new URL(url, 'http://127.0.0.1')
  expect([method, sent.pathname]).toEqual(['GET', '/apps/3/channels/presence-a/users'])
  const theirs = new Pusher({ appId: '3', key: 'key', secret: 'secret', host: '127.0.0.1' }).createSignedQueryString({
    method: 'GET',
    path: sent.pathname,
    params: { ...query, account: '7', all: 'true' } as never,
  })
  expect(new URLSearchParams(url.split('?')[1]).get('auth_signature')).toBe(
    new URLSearchParams(theirs).get('auth_signature'),
  )
  vi.useRealTimers()
})

test('a POST sends its body as JSON with body_md5', async () => {
  await client.request('POST', '/users/7/terminate_connections', { body: { reason: 'ü' } })
  expect(received.at(-1)).toMatchObject({ method: 'POST', body: '{"reason":"ü"}' })
  expect(received.at(-1)?.url).toMatch(/^\/apps\/3\/users\/7\/terminate_connections\?.*body_md5=[0-9a-f]{32}/)
  await client.request('POST', '/events')
  expect(received.at(-1)?.body).toBe('{}')
})

test('a response that is no JSON is unexpected_response', async () => {
  response = '<html>'
  await expect(client.request('GET', '/channels')).rejects.toMatchObject({ code: 'unexpected_response' })
  response = '{"ok":true}'
})

test('a 500 to a POST is not retried, since it may have been carried out', async () => {
  status = 500
  const before = received.length
  await expect(client.request('POST', '/events', { body: {} })).rejects.toMatchObject({
    code: 'service_unavailable',
    outcome: 'unknown',
  })
  expect(received.length - before).toBe(1)
  status = 200
})

test.each([
  ['method', ['PUT', '/channels']],
  ['method', ['get', '/channels']],
  ['path', ['GET', 'channels']],
  ['path', ['GET', '']],
  ['path', ['GET', '/']],
  ['path', ['GET', '/a//b']],
  ['path', ['GET', '/a/../b']],
  ['path', ['GET', '/a/%2e%2E/b']],
  ['path', ['GET', '/a?b=c']],
  ['path', ['GET', '/a\nb']],
  ['path', ['GET', 7]],
  ['options', ['GET', '/a', null]],
  ['options.query', ['GET', '/a', { query: [] }]],
  ['options.query', ['GET', '/a', { query: { auth_key: 'x' } }]],
  ['options.query', ['GET', '/a', { query: { body_md5: 'x' } }]],
  ['options.query', ['GET', '/a', { query: { 'a&b': 'x' } }]],
  ['options.query.a', ['GET', '/a', { query: { a: {} } }]],
  ['options.query.a', ['GET', '/a', { query: { a: '\ud800' } }]],
  ['options.query.a', ['GET', '/a', { query: { a: Number.NaN } }]],
  ['options.body', ['GET', '/a', { body: {} }]],
  ['options.body', ['POST', '/a', { body: () => {} }]],
] as const)('%s is refused before anything is sent: %j', async (argument, values) => {
  const before = received.length
  const call = (client.request as (...values: unknown[]) => Promise<unknown>).apply(client, [...values])
  await expect(call).rejects.toMatchObject({ code: 'invalid_argument', argument })
  expect(received.length).toBe(before)
})

test('another protocol has no such request', async () => {
  const signed = new PingerchipsServer('3', 's', { appKey: 'k', endpoint: 'http://127.0.0.1:9' })
  await expect(signed.request('GET', '/channels')).rejects.toThrow(/protocol: 'pusher'/)
})
