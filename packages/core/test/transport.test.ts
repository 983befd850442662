import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net'
import { createSecureContext, createServer as createTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTransport as overFetch } from '../src/transport/fetch.ts'
import type { HttpRequest } from '../src/transport/transport.ts'
import { createTransport as overUndici } from '../src/transport/undici.ts'
import { makeIdentity } from './certificates.ts'

let server: Server
let url: URL
beforeAll(async () => {
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    if (req.url === '/hang') return
    if (req.url === '/moved') return void res.writeHead(302, { location: '/' }).end('moved')
    if (req.url === '/large') return void res.end('x'.repeat(100_000))
    res.writeHead(req.url === '/404' ? 404 : 200).end(`${req.method} ${req.headers['x-a']} ${Buffer.concat(chunks)}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe.each([
  ['undici', overUndici],
  ['fetch', overFetch],
])('over %s', (_name, createTransport) => {
  const transport = createTransport()
  afterAll(() => transport.close())
  const request = (path: string, options: Partial<HttpRequest> = {}) =>
    transport.request({
      method: 'POST',
      origin: url.origin,
      path,
      headers: { 'x-a': '1' },
      body: 'body ☃',
      maxResponseBytes: 65_536,
      timeout: 5000,
      signal: undefined,
      ...options,
    })

  test('sends a request and reads the whole response', async () => {
    expect(await request('/')).toMatchObject({ status: 200, statusText: 'OK', text: 'POST 1 body ☃' })
    expect(await request('/404')).toMatchObject({ status: 404, statusText: 'Not Found' })
    expect(await request('/', { method: 'GET', body: undefined })).toMatchObject({ text: 'GET 1 ' })
  })
  test('follows no redirect', async () => {
    expect((await request('/moved')).status).toBe(302)
  })
  test('reads no more than its limit', async () => {
    await expect(request('/large')).rejects.toMatchObject({ kind: 'too_large', sent: true })
  })
  test('ends when its signal is aborted', async () => {
    const abort = new AbortController()
    const answer = request('/hang', { signal: abort.signal })
    await once(server, 'request')
    abort.abort()
    await expect(answer).rejects.toMatchObject({ kind: 'aborted', sent: true })
  })
})

test('a request that timed out while connecting is not sent afterwards', async () => {
  const { cert, key } = makeIdentity('late')
  const received: Buffer[] = []
  const secure = createTls({ cert, key }, (socket: TLSSocket) => {
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        received.push(chunk)
        socket.end()
      })
  })
  secure.on('tlsClientError', () => {})
  // Its handshake begins when the test emits the connection.
  const slow = createPlain({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  const accepted = once(slow, 'connection') as Promise<[Socket]>
  await once(slow, 'listening')
  const transport = overUndici({ tls: { secureContext: createSecureContext(), rejectUnauthorized: false } })
  const { port } = slow.address() as AddressInfo
  const gaveUp = transport.request({
    method: 'POST',
    origin: `https://127.0.0.1:${port}`,
    path: '/',
    headers: {},
    body: 'x',
    maxResponseBytes: 65_536,
    timeout: 200,
    signal: undefined,
  })
  await expect(gaveUp).rejects.toMatchObject({ kind: 'timeout', sent: false })
  const [socket] = await accepted
  const closed = once(socket, 'close')
  secure.emit('connection', socket)
  await closed
  expect(received).toEqual([])
  await transport.close()
  slow.close()
})
