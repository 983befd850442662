import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PingerchipsError, PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { defaultApp, type LocalService, startLocal } from './local-service.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default
const { id, key, secret, token } = defaultApp

describe('against the service', () => {
  let service: LocalService
  let subscriber: InstanceType<typeof Pusher>
  const clients: PingerchipsServer[] = []
  const client = (options: PingerchipsServerOptions, appSecret = secret) => {
    const made = new PingerchipsServer(id, appSecret, { endpoint: service.url, ...options })
    clients.push(made)
    return made
  }
  beforeAll(async () => {
    service = await startLocal()
    subscriber = new Pusher(key, {
      cluster: 'local',
      wsHost: service.host,
      wsPort: service.port,
      forceTLS: false,
      enabledTransports: ['ws'],
    })
    for (const name of ['one', 'two', 'three'])
      await new Promise((resolve) => subscriber.subscribe(name).bind('pusher:subscription_succeeded', resolve))
  })
  afterAll(async () => {
    subscriber.disconnect()
    await Promise.all(clients.map((made) => made.close()))
    await service.close()
  })

  /** The next events on the channels, in the order of the channels. */
  const received = (event: string, ...channels: string[]) =>
    Promise.all(
      channels.map(
        (name) =>
          new Promise((resolve) => {
            const channel = subscriber.channel(name)
            channel.bind(event, (data: unknown) => {
              channel.unbind(event)
              resolve(data)
            })
          }),
      ),
    )

  const protocols: [string, PingerchipsServerOptions][] = [
    ['signed', { appKey: key }],
    ['signed, with a token beside', { appKey: key, token: token ?? '' }],
    ['token', { token: token ?? '' }],
    ['token, chosen by hand', { appKey: key, token: token ?? '', protocol: 'token' }],
    ['pusher', { appKey: key, protocol: 'pusher' }],
  ]
  describe.each(protocols)('over the %s protocol', (_name, options) => {
    const values = [
      { a: [1, null, 'ü☃'] },
      'text',
      '123',
      '{"a":1}',
      12.5,
      true,
      null,
      [],
      '',
      '\ud800',
      'x'.repeat(65_534),
    ]
    test.each(values.map((value) => [value]))('the value %j arrives as it was', async (value) => {
      const events = received('value', 'one')
      await client(options).trigger('one', 'value', value)
      expect(await events).toEqual([value])
    })
    test('several channels in one call, each once', async () => {
      const events = received('many', 'one', 'two', 'three')
      await client(options).trigger(['one', 'two', 'three', 'one'], 'many', { n: 1 })
      expect(await events).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }])
    })
    test('an event name with any characters', async () => {
      const name = 'order "updated"\n☃:{}'
      const events = received(name, 'one')
      await client(options).trigger('one', name, 1)
      expect(await events).toEqual([1])
    })
  })

  test('excludes a connection, over the pusher protocol', async () => {
    const pusher = client({ appKey: key, protocol: 'pusher' })
    const events = received('marker', 'one')
    let heard = false
    subscriber.channel('one').bind('left out', () => {
      heard = true
    })
    await pusher.trigger('one', 'left out', 1, { socketId: subscriber.connection.socket_id })
    await pusher.trigger('one', 'marker', 2)
    await events
    expect(heard).toBe(false)
  })

  test.each([
    ['invalid_signature', 403, { appKey: key }, 'another secret'],
    ['invalid_signature', 401, { appKey: key, protocol: 'pusher' }, 'another secret'],
    ['app_not_found', 404, { appKey: 'unknown' }, secret],
    ['forbidden', 403, { token: 'another' }, secret],
  ] as const)('%s', async (code, status, options, appSecret) => {
    const error = await client(options, appSecret)
      .trigger('one', 'e', 1)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PingerchipsError)
    expect(error).toMatchObject({ code, serviceStatus: status, channels: ['one'] })
  })
})

describe('refuses before anything is sent', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k', endpoint: 'http://127.0.0.1:9' })
  const trigger = client.trigger.bind(client) as (...values: unknown[]) => Promise<void>
  test.each([
    ['channel', ['', 'e', 1]],
    ['channel', [undefined, 'e', 1]],
    ['channel', [[], 'e', 1]],
    ['channel', [Array.from({ length: 101 }, (_, n) => `c${n}`), 'e', 1]],
    ['channel\\[1\\]', [['a', 'b:c'], 'e', 1]],
    ['channel', ['a/b', 'e', 1]],
    ['channel', ['x'.repeat(201), 'e', 1]],
    ['channel', ['private-encrypted-a', 'e', 1]],
    ['event', ['a', '', 1]],
    ['event', ['a', undefined, 1]],
    ['event', ['a', 'x'.repeat(201), 1]],
    ['event', ['a', '\ud800', 1]],
    ['data', ['a', 'e']],
    ['data', ['a', 'e', () => 1]],
    ['data', ['a', 'e', 1n]],
    ['data', ['a', 'e', 'x'.repeat(65_535)]],
    ['data', ['a', 'e', '☃'.repeat(21_845)]],
    ['options', ['a', 'e', 1, null]],
    ['options', ['a', 'e', 1, { socketID: '1.1' }]],
    ['options.socketId', ['a', 'e', 1, { socketId: '1.1:x' }]],
    ['options.socketId', ['a', 'e', 1, { socketId: '1.1' }]],
    ['options.timeout', ['a', 'e', 1, { timeout: -1 }]],
    ['options.signal', ['a', 'e', 1, { signal: {} }]],
  ])('%s of %o', async (argument, values) => {
    await expect(trigger(...values)).rejects.toThrow(TypeError)
    await expect(trigger(...values)).rejects.toThrow(new RegExp(`^(${argument}|Unknown option) `))
  })
  test('socketId is an option of each event of a batch, not of the batch', async () => {
    const batch = client.triggerBatch([], { socketId: '1.1' } as object)
    await expect(batch).rejects.toThrow(/^Unknown option 'socketId'/)
  })
  test('counts bytes: 65,536 of them pass', async () => {
    await expect(trigger('a', 'e', '☃'.repeat(21_844))).rejects.toMatchObject({ code: 'network' })
  })
})

describe('against a service that misbehaves', () => {
  const canarySecret = 'canary-secret-7f1e'
  const canaryToken = 'canary-token-77d0'
  let server: Server
  let requests: (IncomingMessage & { body: string })[]
  let respond: (req: IncomingMessage, res: ServerResponse) => void
  let client: PingerchipsServer

  beforeEach(async () => {
    requests = []
    respond = (_req, res) => res.end('{}')
    server = createServer(async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      requests.push(Object.assign(req, { body: Buffer.concat(chunks).toString() }))
      respond(req, res)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    client = new PingerchipsServer('1', canarySecret, {
      appKey: 'k',
      token: canaryToken,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      timeout: 5000,
    })
  })
  afterEach(async () => {
    server.closeAllConnections()
    server.close()
    await client.close()
  })

  const failure = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(PingerchipsError)
    const signature = requests.at(-1)?.headers['x-signature']
    for (const text of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error)])
      for (const confidence of [canarySecret, canaryToken, signature])
        if (typeof confidence === 'string') expect(text).not.toContain(confidence)
    return error as PingerchipsError
  }

  test.each([
    [400, 'validation_failed'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'app_not_found'],
    [413, 'validation_failed'],
    [422, 'validation_failed'],
    [429, 'rate_limited'],
    [500, 'service_unavailable'],
    [503, 'service_unavailable'],
    [302, 'unexpected_response'],
    [418, 'unexpected_response'],
  ])('%i is %s', async (status, code) => {
    respond = (_req, res) => res.writeHead(status, { location: 'http://127.0.0.1:9/' }).end('{"error":"no"}')
    expect(await failure(client.trigger('c', 'e', 1))).toMatchObject({ code, serviceStatus: status, channels: ['c'] })
  })

  test.each([
    ['Invalid signature', 'invalid_signature'],
    ['Request timestamp expired (max 5 minutes)', 'timestamp_expired'],
  ])('403 %s', async (error, code) => {
    respond = (_req, res) => res.writeHead(403).end(JSON.stringify({ error }))
    expect(await failure(client.trigger('c', 'e', 1))).toMatchObject({ code, serviceStatus: 403 })
  })

  test('a response that repeats secrets and data does not leak them', async () => {
    for (const shape of [
      (req: IncomingMessage) => JSON.stringify(req.headers),
      (req: IncomingMessage) => requests.at(-1)?.body + String(req.headers.token).slice(0, 14),
      (req: IncomingMessage) => encodeURIComponent(String(req.headers.token)),
      (req: IncomingMessage) => String(req.headers['x-signature']).replace(/(..)/g, '$1:'),
    ]) {
      respond = (req, res) => res.writeHead(422).end(JSON.stringify({ error: `Validation failed: ${shape(req)}` }))
      const { message, serviceMessage } = await failure(client.trigger('c', 'e', 'canary-data'))
      expect(message).toBe(`Trigger failed: 422 ${serviceMessage}. A limit of the app was exceeded.`)
      expect(message).not.toContain('canary-data')
      expect(serviceMessage?.length).toBeLessThanOrEqual(200)
    }
  })

  test('no answer in time', async () => {
    respond = () => {}
    const error = await failure(client.trigger('c', 'e', 1, { timeout: 30 }))
    expect(error).toMatchObject({ code: 'timeout', serviceStatus: undefined, channels: ['c'] })
    expect(error.message).toContain('30 ms')
  })

  test('headers in time and a body that never ends', async () => {
    respond = (_req, res) => res.write('{')
    expect(await failure(client.trigger('c', 'e', 1, { timeout: 30 }))).toMatchObject({ code: 'timeout' })
  })

  test('an endless answer', async () => {
    respond = (_req, res) => {
      const feed = () => {
        while (!res.destroyed && res.write('x'.repeat(16_384)));
      }
      res.on('drain', feed)
      feed()
    }
    expect(await failure(client.trigger('c', 'e', 1))).toMatchObject({ code: 'unexpected_response' })
  })

  test('a connection that breaks', async () => {
    respond = (req) => req.socket.destroy()
    expect(await failure(client.trigger('c', 'e', 1))).toMatchObject({ code: 'network', channels: ['c'] })
  })

  test('a port without a listener', async () => {
    const lost = new PingerchipsServer('1', canarySecret, { appKey: 'k', endpoint: 'http://127.0.0.1:9' })
    const error = await failure(lost.trigger('c', 'e', 1))
    expect(error.code).toBe('network')
    expect(error.message).toContain('ECONNREFUSED')
  })

  test("the caller's signal", async () => {
    const abort = new AbortController()
    respond = () => abort.abort()
    expect(await failure(client.trigger('c', 'e', 1, { signal: abort.signal }))).toMatchObject({ code: 'aborted' })
    expect(await failure(client.trigger('c', 'e', 1, { signal: abort.signal }))).toMatchObject({ code: 'aborted' })
    expect(requests).toHaveLength(1)
  })

  test('an error names the one channel of several that failed', async () => {
    respond = (_req, res) => res.writeHead(requests.at(-1)?.body.includes('"bad"') ? 422 : 200).end('{}')
    const error = await failure(client.trigger(['a', 'bad', 'b'], 'e', 1))
    expect(error).toMatchObject({ code: 'validation_failed', channels: ['bad'] })
    expect(requests).toHaveLength(3)
  })

  test('several channels are several events: each request has an id of its own', async () => {
    await client.trigger(['a', 'b', 'c'], 'e', 1)
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(3)
  })

  test('the body has exactly these keys in this order', async () => {
    await client.trigger('c', 'e', { z: 1, a: 2 })
    expect(requests[0]?.body).toBe('{"channel":"c","event":"e","data":{"z":1,"a":2}}')
    expect(requests[0]?.url).toBe('/api/apps/k/trigger')
    expect(requests[0]?.headers).toMatchObject({ 'x-app-key': 'k', token: canaryToken })
  })

  test('close waits for what is in flight, then refuses', async () => {
    const answered = once(server, 'request').then(([, res]: ServerResponse[]) => res)
    respond = () => {}
    const trigger = client.trigger('c', 'e', 1)
    const res = await answered
    let closed = false
    const closing = client.close().then(() => {
      closed = true
    })
    expect(closed).toBe(false)
    res?.end('{}')
    await trigger
    await Promise.all([closing, client.close()])
    expect(await failure(client.trigger('c', 'e', 1))).toMatchObject({ code: 'closed' })
  })
})
