import { once } from 'node:events'
import { createServer, type IncomingMessage, request as plainRequest, type Server } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Agent, getGlobalDispatcher, MockAgent, ProxyAgent, setGlobalDispatcher } from 'undici'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PingerchipsServer, type PingerchipsServerOptions, sendServer } from '../src/index.ts'
import { maxConnections } from '../src/transport/origin-pool.ts'
import { makeIdentity } from './certificates.ts'
import { SocketWatch } from './faults/sockets.ts'

const ca = makeIdentity('ca', { isCa: true })
const identity = makeIdentity('service', { issuer: ca })

/** A proxy for both kinds of requests: absolute URLs, and CONNECT. */
class TestProxy {
  /** `GET http://…` or `CONNECT host:port`. */
  readonly requests: string[] = []
  readonly credentials = new Set<string | undefined>()
  refuses = false
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((req, res) => {
    this.#note(req)
    if (this.refuses) return void res.writeHead(407).end()
    const target = new URL(req.url ?? '')
    const onward = plainRequest(target, { method: req.method ?? '', headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(res)
    })
    onward.on('error', () => res.writeHead(502).end())
    req.pipe(onward)
  })

  constructor() {
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket))
    this.#server.on('connect', (req: IncomingMessage, socket: Socket) => {
      this.#note(req)
      socket.on('error', () => {})
      if (this.refuses) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      const { hostname, port } = new URL(`http://${req.url}`)
      const onward = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      this.#sockets.add(onward)
      onward.on('error', () => socket.destroy())
    })
  }

  #note(req: IncomingMessage): void {
    this.requests.push(`${req.method} ${req.url}`)
    this.credentials.add(req.headers['proxy-authorization'])
  }

  async start(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

let proxy: TestProxy
let plain: Server
let secure: Server
/** How many requests the services have received. */
let received = 0
const urlOf = (server: Server) => {
  const { port } = server.address() as AddressInfo
  return `${server === secure ? 'https' : 'http'}://127.0.0.1:${port}`
}
beforeAll(async () => {
  const respond = (req: IncomingMessage, res: { end(text: string): void }) => {
    received++
    req.resume().on('end', () => res.end('{}'))
  }
  plain = createServer(respond).listen(0, '127.0.0.1')
  secure = createSecure({ cert: identity.cert, key: identity.key }, respond).listen(0, '127.0.0.1')
  await Promise.all([once(plain, 'listening'), once(secure, 'listening')])
})
afterAll(() => {
  for (const server of [plain, secure]) {
    server.closeAllConnections()
    server.close()
  }
})

let clients: PingerchipsServer[]
const make = (options: PingerchipsServerOptions) => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k', retries: 0, timeout: 5000, ...options })
  clients.push(client)
  return client
}
beforeEach(async () => {
  received = 0
  clients = []
  proxy = new TestProxy()
  await proxy.start()
})
afterEach(async () => {
  for (const name of proxyVariables) delete process.env[name]
  await Promise.all(clients.map((client) => client.close()))
  proxy.stop()
})
const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy']

describe('a proxy of the environment', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('%s receives http as absolute URLs', async (name) => {
    process.env[name] = proxy.url
    await make({ endpoint: urlOf(plain) }).trigger('c', 'e', 1)
    expect(proxy.requests).toEqual([`POST ${urlOf(plain)}/api/apps/k/trigger`])
    expect(received).toBe(1)
  })

  test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY'])(
    '%s tunnels https, whose certificate is verified',
    async (name) => {
      process.env[name] = proxy.url
      await make({ endpoint: urlOf(secure), ca: ca.cert }).trigger('c', 'e', 1)
      expect(proxy.requests).toEqual([`CONNECT ${new URL(urlOf(secure)).host}`])
      await expect(make({ endpoint: urlOf(secure) }).trigger('c', 'e', 1)).rejects.toMatchObject({
        code: 'network',
        outcome: 'not_delivered',
        message: expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      })
      expect(received).toBe(1)
    },
  )

  test.each(['*', '127.0.0.1', 'example.org, 127.0.0.1'])('NO_PROXY=%s is honoured', async (value) => {
    process.env.HTTP_PROXY = proxy.url
    process.env.NO_PROXY = value
    await make({ endpoint: urlOf(plain) }).trigger('c', 'e', 1)
    expect(proxy.requests).toEqual([])
    expect(received).toBe(1)
  })

  test('gets the credentials of its URL', async () => {
    process.env.HTTP_PROXY = proxy.url.replace('//', '//ada:p%40ss@')
    await make({ endpoint: urlOf(plain) }).trigger('c', 'e', 1)
    await make({ endpoint: urlOf(secure), ca: ca.cert }).trigger('c', 'e', 1)
    expect([...proxy.credentials]).toEqual([`Basic ${btoa('ada:p@ss')}`])
  })

  test('gets at most 64 connections, and none is left after close()', { timeout: 120_000 }, async () => {
    process.env.HTTP_PROXY = proxy.url
    const sockets = new SocketWatch(proxy.port)
    for (const endpoint of [urlOf(plain), urlOf(secure)]) {
      // A loaded machine takes seconds for 64 TLS handshakes.
      const limits = { timeout: 60_000, deadline: 60_000 }
      const client = make({ endpoint, ...limits, ...(endpoint === urlOf(secure) && { ca: ca.cert }) })
      await Promise.all(Array.from({ length: 300 }, () => client.trigger('c', 'e', 1)))
      await client.close()
      expect(sockets.open).toBe(0)
    }
    expect(received).toBe(600)
    expect(sockets.peak).toBeLessThanOrEqual(maxConnections)
    sockets.stop()
  })

  test('that refuses, or is not there, is an error without its credentials', async () => {
    proxy.refuses = true
    for (const [endpoint, url] of [
      [urlOf(plain), proxy.url],
      [urlOf(secure), proxy.url],
      [urlOf(secure), 'http://127.0.0.1:9'],
      [urlOf(secure), 'nonsense'],
    ] as const) {
      process.env.HTTP_PROXY = url.replace('//', '//ada:canary-pass@')
      const error = await make({ endpoint })
        .trigger('c', 'e', 1)
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'PingerchipsError', code: 'network' })
      expect(JSON.stringify(error) + String(error)).not.toContain('canary')
    }
    expect(received).toBe(0)
  })

  test('is used by sendServer too', async () => {
    process.env.HTTP_PROXY = proxy.url
    expect(await sendServer('http://service.invalid/x', 1, { timeout: 5000 })).toMatchObject({
      error: expect.stringMatching(/^502/),
    })
    expect(proxy.requests).toEqual(['POST http://service.invalid/x'])
  })
})

describe('ca', () => {
  test('trusts the root of a self-hosted service, without a client certificate', async () => {
    await make({ endpoint: urlOf(secure), ca: ca.cert }).trigger('c', 'e', 1)
    await make({ endpoint: urlOf(secure), ca: new TextEncoder().encode(ca.cert) }).trigger('c', 'e', 1)
    expect(received).toBe(2)
  })
  test('replaces the roots of the runtime', async () => {
    const other = makeIdentity('other', { isCa: true })
    const trigger = make({ endpoint: urlOf(secure), ca: other.cert }).trigger('c', 'e', 1)
    await expect(trigger).rejects.toMatchObject({ code: 'network', outcome: 'not_delivered', retryable: false })
    expect(received).toBe(0)
  })
  test.each<[unknown, string, RegExp]>([
    ['', 'https://127.0.0.1:9', /^options\.ca must be PEM/],
    [1, 'https://127.0.0.1:9', /^options\.ca must be PEM/],
    ['/no/such/file', 'https://127.0.0.1:9', /^options\.ca cannot be read as a file \(ENOENT\)/],
    [new TextEncoder().encode('x'), 'https://127.0.0.1:9', /^options\.ca contains no PEM/],
    [ca.cert, 'http://127.0.0.1:9', /^options\.ca requires an endpoint that is https/],
  ])('%o is refused', (value, endpoint, message) => {
    expect(() => make({ endpoint, ca: value as string })).toThrow(message)
  })
})

describe('a dispatcher or a fetch function of the app', () => {
  test('dispatcher: a proxy', async () => {
    const dispatcher = new ProxyAgent({ uri: proxy.url, requestTls: { ca: ca.cert } })
    await make({ endpoint: urlOf(secure), dispatcher }).trigger('c', 'e', 1)
    expect(proxy.requests).toHaveLength(1)
    expect(received).toBe(1)
    await dispatcher.close()
  })

  test('dispatcher: a MockAgent stops the trigger', async () => {
    const dispatcher = new MockAgent()
    dispatcher.disableNetConnect()
    const service = dispatcher.get(urlOf(plain))
    service
      .intercept({ method: 'POST', path: '/api/apps/k/trigger' })
      .reply(503, {}, { headers: { 'Retry-After': '0' } })
    service.intercept({ method: 'POST', path: '/api/apps/k/trigger' }).reply(200, {})
    const client = make({ endpoint: urlOf(plain), dispatcher, retries: 1 })
    await client.trigger('c', 'e', 1)
    dispatcher.assertNoPendingInterceptors()
    await expect(client.trigger('c', 'e', 1)).rejects.toMatchObject({ code: 'network' })
    expect(received).toBe(0)
    await dispatcher.close()
  })

  test('dispatcher: at most 64 requests at once', async () => {
    const dispatcher = new Agent()
    const sockets = new SocketWatch(Number(new URL(urlOf(plain)).port))
    const client = make({ endpoint: urlOf(plain), dispatcher })
    await Promise.all(Array.from({ length: 300 }, () => client.trigger('c', 'e', 1)))
    expect(sockets.peak).toBeLessThanOrEqual(maxConnections)
    sockets.stop()
    await client.close()
    // It is the app's: the client does not close it.
    expect(dispatcher.closed).toBe(false)
    await dispatcher.close()
  })

  test('dispatcher: one with the handler interface of undici 6', async () => {
    let aborted: Error | undefined
    interface OldHandler {
      onConnect(abort: (reason: Error) => void): void
      onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean
      onData(chunk: Buffer): boolean
      onComplete(trailers: null): void
    }
    const old = {
      dispatch({ path }: { path: string }, handler: OldHandler): boolean {
        handler.onConnect((reason) => {
          aborted = reason
        })
        if (path.includes('hang')) return true
        handler.onHeaders(429, [Buffer.from('Retry-After'), Buffer.from('3600')], () => {}, 'Too Many')
        handler.onData(Buffer.from('{"error":"Rate limit '))
        handler.onData(Buffer.from('exceeded"}'))
        handler.onComplete(null)
        return true
      },
    }
    await expect(make({ dispatcher: old, retries: 1 }).trigger('c', 'e', 1)).rejects.toMatchObject({
      code: 'rate_limited',
      serviceMessage: 'Rate limit exceeded',
      attempts: 1,
    })
    const hung = make({ dispatcher: old, endpoint: 'https://a.test/hang' }).trigger('c', 'e', 1, { timeout: 20 })
    await expect(hung).rejects.toMatchObject({ code: 'timeout', outcome: 'unknown' })
    expect(aborted).toBeInstanceOf(Error)
  })

  test('fetch: sends every request', async () => {
    const urls: string[] = []
    const client = make({
      endpoint: urlOf(plain),
      fetch: (input, init) => {
        urls.push(`${init?.method} ${input}`)
        return fetch(input, init)
      },
    })
    await client.trigger('c', 'e', 1)
    expect(urls).toEqual([`POST ${urlOf(plain)}/api/apps/k/trigger`])
    expect(received).toBe(1)
  })

  test.each<[PingerchipsServerOptions, RegExp]>([
    [{ dispatcher: {} as never }, /^options\.dispatcher must be a dispatcher of undici/],
    [{ fetch: {} as never }, /^options\.fetch must be a function/],
    [{ fetch, dispatcher: new Agent() }, /^options\.dispatcher cannot be combined with options\.fetch/],
    [{ dispatcher: new Agent(), ca: ca.cert }, /^options\.dispatcher cannot be combined with options\.ca/],
    [
      { fetch, mtls: { cert: identity.cert, key: identity.key } },
      /^options\.fetch cannot be combined with options\.mtls/,
    ],
  ])('%o is refused', (options, message) => {
    expect(() => make(options)).toThrow(message)
  })
})

describe('a global dispatcher', () => {
  const before = getGlobalDispatcher()
  afterEach(() => setGlobalDispatcher(before))

  test('that is a MockAgent stops triggers of a client that was made before', async () => {
    const client = make({ endpoint: urlOf(plain) })
    await client.trigger('c', 'e', 1)
    const mock = new MockAgent()
    mock.disableNetConnect()
    mock.get(urlOf(plain)).intercept({ method: 'POST', path: '/api/apps/k/trigger' }).reply(200, {})
    setGlobalDispatcher(mock)
    await client.trigger('c', 'e', 1)
    mock.assertNoPendingInterceptors()
    setGlobalDispatcher(before)
    await client.trigger('c', 'e', 1)
    expect(received).toBe(2)
    await mock.close()
  })

  test('that is a MockAgent stops triggers of a client with TLS options', async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    setGlobalDispatcher(mock)
    await expect(make({ endpoint: urlOf(secure), ca: ca.cert }).trigger('c', 'e', 1)).rejects.toMatchObject({
      code: 'network',
    })
    expect(received).toBe(0)
    await mock.close()
  })

  test('that is a proxy is used, but not by a client with TLS options', async () => {
    const dispatcher = new ProxyAgent({ uri: proxy.url })
    setGlobalDispatcher(dispatcher)
    await make({ endpoint: urlOf(plain) }).trigger('c', 'e', 1)
    expect(proxy.requests).toHaveLength(1)
    await make({ endpoint: urlOf(secure), ca: ca.cert }).trigger('c', 'e', 1)
    expect(proxy.requests).toHaveLength(1)
    expect(received).toBe(2)
    await dispatcher.close()
  })

  test('that is a plain Agent is not used: pass it as an option', async () => {
    const agent = new Agent()
    await agent.close()
    setGlobalDispatcher(agent)
    await make({ endpoint: urlOf(plain) }).trigger('c', 'e', 1)
    expect(received).toBe(1)
  })
})
