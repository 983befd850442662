import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ask, dial, connect as greet, signed, start } from './harness.ts'

const body = '{"channel":"a","event":"e","data":1}'

describe('routes', () => {
  test('the root describes the service', async () => {
    const answer = await ask(await start(), { method: 'GET', path: '/' })
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: { service: '@pingerchips/local', purpose: expect.stringContaining('never production') },
    })
  })

  test.each([
    ['GET', '/nowhere'],
    ['POST', '/api/apps/local-key/trigger/'],
    ['POST', '//api/trigger'],
    ['POST', '/api/apps//trigger'],
    ['POST', '/apps/local/users/1'],
    ['POST', '/apps/local/users//terminate_connections'],
    ['OPTIONS', '*'],
  ])('%s %s: 404', async (method, path) => {
    expect(await ask(await start(), { method, path })).toMatchObject({ status: 404, body: { error: 'Not found' } })
  })

  test.each([
    ['GET', '/api/trigger', 'POST'],
    ['OPTIONS', '/api/apps/local-key/trigger', 'POST'],
    ['PUT', '/apps/local/events', 'POST'],
    ['POST', '/apps/local/channels', 'GET'],
    ['GET', '/apps/local/users/1/terminate_connections', 'POST'],
    ['POST', '/', 'GET'],
  ])('%s %s: 405, allowing %s', async (method, path, allow) => {
    const answer = await ask(await start(), { method, path })
    expect(answer).toMatchObject({ status: 405, headers: { allow }, body: { error: 'Method not allowed' } })
  })
})

describe('a request body', () => {
  const tooLarge = { status: 413, body: { error: 'Body too large (max 1048576 bytes)' } }

  test.each([
    ['declared', { 'Content-Length': '1048577' }],
    ['chunked', { 'Transfer-Encoding': 'chunked' }],
  ])('of more than 1 MiB, %s: 413', async (_, headers) => {
    const answer = await ask(await start(), { path: '/api/trigger', headers, body: Buffer.alloc(1_048_577, 'x') })
    expect(answer).toMatchObject(tooLarge)
  })

  test('that ends early does not end the service', async () => {
    const service = await start()
    const { host, port } = service
    const half = request({ host, port, method: 'POST', path: '/api/trigger', headers: { 'Content-Length': '100' } })
    half.on('error', () => {})
    half.write('{')
    await once(half, 'socket')
    half.destroy()
    expect(await ask(service, signed(body))).toMatchObject({ status: 200 })
  })
})

describe('the origin guard', () => {
  const hosts: [string, boolean][] = [
    ['localhost', true],
    ['localhost:6001', true],
    ['LOCALHOST:6001', true],
    ['my-app.localhost', true],
    ['127.0.0.1:80', true],
    ['127.1.2.3', true],
    ['[::1]:6001', true],
    ['10.0.2.2:6001', true],
    ['host.docker.internal:6001', true],
    ['my-app.test', true],
    ['my-app.test:8443', true],
    ['my-app.test.evil.example', false],
    ['.localhost', false],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['evil-localhost', false],
    ['127.0.0.1.evil.example', false],
    ['127.0.0.1@evil.example', false],
    ['localhost:80:80', false],
    ['0.0.0.0', false],
    ['192.168.0.1', false],
  ]
  test.each(hosts)('Host: %s → %s', async (host, isLocal) => {
    const service = await start({ origins: ['https://my-app.test'] })
    const answer = await ask(service, { method: 'GET', path: '/', headers: { Host: host } })
    expect(answer).toMatchObject(isLocal ? { status: 200 } : { status: 403, body: { error: 'Host not allowed' } })
    expect(await upgradeStatus(service, { Host: host })).toBe(isLocal ? 101 : 403)
  })

  test('refuses a request without Host', async () => {
    const { host, port } = await start()
    const socket = connect(port, host)
    socket.end('GET / HTTP/1.0\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1.1 403 .*\{"error":"Host not allowed"\}$/s)
  })

  const origins: [string, boolean][] = [
    ['http://localhost:3000', true],
    ['https://my-app.localhost', true],
    ['http://127.0.0.1', true],
    ['http://[::1]:5173', true],
    ['capacitor://localhost', true],
    ['ionic://localhost', true],
    ['tauri://localhost', true],
    ['capacitor://evil.example', false],
    ['chrome-extension://localhost.evil', false],
    ['https://listed.test', true],
    ['HTTPS://LISTED.TEST', true],
    ['https://listed.test:444', false],
    ['http://listed.test', false],
    ['https://listed.test.evil.example', false],
    ['https://evil.example', false],
    ['http://localhost.evil.example', false],
    ['null', false],
    ['', false],
  ]
  test.each(origins)('Origin: %s → %s', async (origin, isKnown) => {
    const service = await start({ origins: ['https://listed.test'] })
    const answer = await ask(service, { ...signed(body), headers: { ...signed(body).headers, Origin: origin } })
    expect(answer).toMatchObject(isKnown ? { status: 200 } : { status: 403, body: { error: 'Origin not allowed' } })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await upgradeStatus(service, { Origin: origin })).toBe(isKnown ? 101 : 403)
  })

  test('allows a page from a file if null is listed', async () => {
    const service = await start({ origins: ['null'] })
    expect(await upgradeStatus(service, { Origin: 'null' })).toBe(101)
  })

  test('refuses a foreign origin without effect on other clients', async () => {
    const service = await start()
    const client = await greet(service)
    const foreign = dial(service, undefined, { headers: { Origin: 'https://evil.example' } })
    expect(await foreign.closed).toBe(1006)
    expect(await client.pending()).toEqual([])
  })
})

async function upgradeStatus({ host, port }: { host: string; port: number }, headers: Record<string, string>) {
  const upgrade = request({
    host,
    port,
    path: '/app/local-key?protocol=7',
    agent: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    },
  })
  upgrade.end()
  const status = await Promise.race([
    once(upgrade, 'upgrade').then(([response, socket]) => {
      socket.destroy()
      return response.statusCode
    }),
    once(upgrade, 'response').then(([response]) => response.resume().statusCode),
  ])
  return status
}
