import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'

const secret = 'canary-secret'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server at the client's endpoint. */
async function startServer(respond: RequestListener) {
  const received: Received[] = []
  let arrived = () => {}
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      received.push({ method, url, headers, body })
      respond(request, response)
      arrived()
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  await once(server, 'listening')
  const count = async (expected: number) => {
    while (received.length < expected)
      await new Promise<void>((resolve) => {
        arrived = resolve
      })
    return received
  }
  return { port: (server.address() as AddressInfo).port, received, count, server }
}

const asLocal: RequestListener = (_request, response) => response.end('{"service":"@pingerchips/local"}')

function handlerFor(port: number, changes: object = {}) {
  const endpoint = `http://127.0.0.1:${port}`
  const client = new PingerchipsServer('1', secret, { appKey: 'k', token: 'canary-token', endpoint })
  const handle = fetchHandler({ client, user: () => null, authorize: () => false, onError: () => {}, ...changes })
  return (headers: Record<string, string> = {}) =>
    handle(
      new Request('http://app.test/pingerchips/auth', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' }),
      }),
    )
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('decisions are reported to the local service', () => {
  test('which is identified once, by a request without credentials', async () => {
    const { port, count } = await startServer(asLocal)
    const handle = handlerFor(port)
    expect((await handle()).status).toBe(403)
    await count(2)
    await handle()
    const received = await count(3)
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /decisions',
      'POST /decisions',
      'POST /decisions',
    ])
    expect(JSON.stringify(received[0])).not.toMatch(/canary|signature|x-app-key/)
    expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({
      decisions: [{ channel: 'private-a', reason: 'no_user' }],
    })
  })

  test.each<[string, (request: Request) => never]>([
    ['the secret', () => fail(`the secret is ${secret}`)],
    ['the token of the client', () => fail('canary-token is wrong')],
    ['a token of the request', ({ headers }) => fail(`jwt malformed: ${headers.get('authorization')?.slice(7)}`)],
    ['a cookie of the request', ({ headers }) => fail(`no session ${headers.get('cookie')?.slice(4)}`)],
    ['the password of a URL', () => fail('connect to postgres://ada:canary-password@db/app failed')],
  ])('without %s in the text of an error', async (_what, user) => {
    const { port, count } = await startServer(asLocal)
    const handle = handlerFor(port, { user })
    await handle({ authorization: 'Bearer canary-bearer', cookie: 'sid=canary-cookie' })
    const [, report] = await count(2)
    expect(report?.body).toContain('"error":"RangeError: ')
    expect(report?.body).toContain('[removed]')
    expect(JSON.stringify(report)).not.toContain('canary')
  })

  test('never to another server, which receives one request in all', async () => {
    const { port, received, count } = await startServer((_request, response) => response.writeHead(404).end())
    const handle = handlerFor(port)
    await handle()
    await count(1)
    for (let i = 0; i < 20; i++) await handle()
    await handlerFor(port)()
    // The next request to the server, so that one of before would have arrived.
    await fetch(`http://127.0.0.1:${port}/last`)
    expect(received.map(({ url }) => url)).toEqual(['/decisions', '/last'])
  })

  test('never in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const { port, received } = await startServer(asLocal)
    await handlerFor(port)()
    await fetch(`http://127.0.0.1:${port}/last`)
    expect(received.map(({ url }) => url)).toEqual(['/last'])
  })

  test('and responses do not wait for a service that does not respond', async () => {
    const { port, count } = await startServer(() => {})
    const handle = handlerFor(port)
    expect((await handle()).status).toBe(403)
    await count(1)
    expect((await handle()).status).toBe(403)
  })

  test('and again once a service listens that did not before', async () => {
    const { port, server } = await startServer(asLocal)
    server.close()
    await once(server, 'close')
    const handle = handlerFor(port)
    expect((await handle()).status).toBe(403)
    const later = createServer(asLocal)
    onTestFinished(() => {
      later.close().closeAllConnections()
    })
    const reported = new Promise((resolve) => later.on('request', ({ method }) => method === 'POST' && resolve(true)))
    await once(later.listen(port, '127.0.0.1'), 'listening')
    await vi.waitFor(async () => {
      await handle()
      expect(await Promise.race([reported, new Promise((resolve) => setImmediate(resolve, false))])).toBe(true)
    })
  })
})

function fail(message: string): never {
  throw new RangeError(message)
}
