import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BatchEvent, PingerchipsError, PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { defaultApp, type LocalService, startLocal } from './local-service.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default
const { id, key, secret, token = '' } = defaultApp

const delivered = { status: 'fulfilled', value: undefined }
const events = (count: number): BatchEvent[] =>
  Array.from({ length: count }, (_, n) => ({ channel: 'one', event: `event ${n}`, data: { n } }))

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFrozen(part)
  return Object.freeze(value)
}

describe('against the service', () => {
  let service: LocalService
  let subscriber: InstanceType<typeof Pusher>
  const clients: PingerchipsServer[] = []
  const client = (options: PingerchipsServerOptions) => {
    const made = new PingerchipsServer(id, secret, { appKey: key, endpoint: service.url, ...options })
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
    await new Promise((resolve) => subscriber.subscribe('one').bind('pusher:subscription_succeeded', resolve))
  })
  afterAll(async () => {
    subscriber.disconnect()
    await Promise.all(clients.map((made) => made.close()))
    await service.close()
  })

  /** The events that are heard, up to and with the one of this name. */
  const heardUntil = (last: string) =>
    new Promise<(readonly [name: string, data: unknown])[]>((resolve) => {
      const heard: (readonly [string, unknown])[] = []
      const channel = subscriber.channel('one')
      const listen = (name: string, data: unknown) => {
        heard.push([name, data])
        if (name !== last) return
        channel.unbind_global(listen)
        resolve(heard)
      }
      channel.bind_global(listen)
    })

  test.each<[string, PingerchipsServerOptions]>([
    ['signed', {}],
    ['token', { token, protocol: 'token' }],
    ['pusher', { protocol: 'pusher' }],
  ])('25 events over the %s protocol, from an input that cannot be changed', async (_name, options) => {
    const made = client(options)
    const heard = heardUntil('the last')
    const given = deepFrozen(events(25))
    expect(await made.triggerBatch(given)).toEqual(given.map(() => delivered))
    await made.trigger('one', 'the last', 0)
    const sent = given.map(({ event, data }) => [event, data])
    expect((await heard).slice(0, -1).sort(byNumber)).toEqual(sent)
  })

  test('excludes a connection from one event of a batch', async () => {
    const { socket_id: socketId } = subscriber.connection
    const heard = heardUntil('event 2')
    const [first, second, third] = events(3) as [BatchEvent, BatchEvent, BatchEvent]
    await client({ protocol: 'pusher' }).triggerBatch([first, { ...second, socketId }, third])
    expect((await heard).map(([name]) => name)).toEqual(['event 0', 'event 2'])
  })

  test('triggers of the same moment share a request, with excluded connections of their own', async () => {
    const made = client({ protocol: 'pusher', batch: {} })
    const heard = heardUntil('c')
    const socketId = subscriber.connection.socket_id
    await Promise.all([
      made.trigger('one', 'a', 'ä'),
      made.trigger('one', 'b', null, { socketId }),
      made.trigger('one', 'c', [1, { x: '☃' }]),
    ])
    expect(await heard).toEqual([
      ['a', 'ä'],
      ['c', [1, { x: '☃' }]],
    ])
  })
})

const byNumber = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  Number(a.split(' ')[1]) - Number(b.split(' ')[1])

describe('requests', () => {
  let server: Server
  let requests: { path: string; id: string; names: string[]; body: string }[]
  let underWay: number
  let peak: number
  /** What the server answers; 200 where it does not say. */
  let answer: (names: readonly string[]) => number | Promise<number>
  let client: PingerchipsServer
  const make = (options: PingerchipsServerOptions = {}) =>
    new PingerchipsServer('1', 's', {
      appKey: 'k',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      protocol: 'pusher',
      retries: 0,
      ...options,
    })

  beforeEach(async () => {
    requests = []
    underWay = 0
    peak = 0
    answer = () => 200
    server = createServer(async (req, res) => {
      underWay++
      peak = Math.max(peak, underWay)
      const request = await received(req)
      requests.push(request)
      const status = await answer(request.names)
      underWay--
      res.writeHead(status).end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    client = make()
  })
  afterEach(async () => {
    vi.useRealTimers()
    await client.close()
    server.closeAllConnections()
    server.close()
  })

  test.each([
    [0, []],
    [1, [1]],
    [10, [10]],
    [11, [1, 10]],
    [30, [10, 10, 10]],
  ])('of %i events: %j', async (count, sizes) => {
    expect(await client.triggerBatch(events(count))).toHaveLength(count)
    expect(requests.map(({ names }) => names.length).sort((a, b) => a - b)).toEqual(sizes)
  })

  test('a request that fails rejects its own events, each by its name', async () => {
    answer = (names) => (names.includes('event 10') ? 500 : 200)
    const results = await client.triggerBatch(events(25))
    expect(requests).toHaveLength(3)
    for (const [index, result] of results.entries())
      if (index < 10 || index >= 20) expect(result).toEqual(delivered)
      else {
        const { reason } = result as PromiseRejectedResult
        expect(reason).toBeInstanceOf(PingerchipsError)
        const own = { channels: ['one'], channel: 'one', event: `event ${index}` }
        expect(reason).toMatchObject({
          code: 'service_unavailable',
          serviceStatus: 500,
          outcome: 'unknown',
          attempts: 1,
          ...own,
        })
      }
  })

  test('events of a refused request are sent again one by one', async () => {
    answer = (names) => (names.includes('event 3') || names.includes('event 7') ? 422 : 200)
    const results = await client.triggerBatch(events(12))
    const bad = results.flatMap((result, index) => (result.status === 'rejected' ? [index] : []))
    expect(bad).toEqual([3, 7])
    expect(requests).toHaveLength(12)
  })

  test.each(['signed', 'token'] as const)(
    'over the %s protocol are one for each event, 16 at once',
    async (protocol) => {
      client = make({ protocol, token: 't' })
      answer = () => new Promise((resolve) => setTimeout(resolve, 100, 200))
      expect(await client.triggerBatch(events(50))).toEqual(events(50).map(() => delivered))
      expect(requests).toHaveLength(50)
      expect(peak).toBe(16)
    },
  )

  test('carry the ids of their events, each its own', async () => {
    await client.triggerBatch(events(12))
    const ids = requests.flatMap(({ id }) => id.split(', '))
    expect(ids).toHaveLength(12)
    expect(new Set(ids).size).toBe(12)
    for (const each of ids) expect(each).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('keep to the deadline of the call, all of them together', async () => {
    client = make({ protocol: 'signed' })
    answer = () => new Promise(() => {})
    const results = await client.triggerBatch(events(40), { deadline: 200 })
    expect(requests).toHaveLength(16)
    const outcomes = results.map((result) => result.status === 'rejected' && result.reason.outcome)
    expect(outcomes).toEqual(events(40).map((_, n) => (n < 16 ? 'unknown' : 'not_delivered')))
  })

  test("keep to the client's deadline, all that one event to many channels takes", async () => {
    client = make({ protocol: 'signed', deadline: 200 })
    answer = () => new Promise(() => {})
    const channels = Array.from({ length: 40 }, (_, n) => `c${n}`)
    const failed = { code: 'timeout', outcome: 'unknown', channels }
    await expect(client.trigger(channels, 'e', 1)).rejects.toMatchObject(failed)
    expect(requests).toHaveLength(16)
  })

  test.each<[argument: string, given: unknown]>([
    ['events', undefined],
    ['events', { length: 1, 0: events(1)[0] }],
    ['events[1]', [...events(1), null]],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about.
    ['events[0]', [, ...events(1)]],
    ['events[1].channel', [...events(1), { channel: 'a b', event: 'e', data: 1 }]],
    ['events[1].channel', [...events(1), { channel: ['a', 'b'], event: 'e', data: 1 }]],
    ['events[0].event', [{ channel: 'a', event: '', data: 1 }]],
    ['events[0].data', [{ channel: 'a', event: 'e' }]],
    ['events[0].data', [{ channel: 'a', event: 'e', data: 'x'.repeat(65_535) }]],
    ['events[0].socketId', [{ channel: 'a', event: 'e', data: 1, socketId: ':' }]],
    ['events[0]', [{ channel: 'a', event: 'e', data: 1, socket_id: '1.1' }]],
  ])('are none when %s is malformed', async (argument, given) => {
    const refused = client.triggerBatch(given as BatchEvent[])
    await expect(refused).rejects.toThrow(TypeError)
    await expect(refused).rejects.toMatchObject({ argument })
    expect(requests).toHaveLength(0)
  })

  describe('that triggers share', () => {
    const send = (count: number, options = {}) =>
      Array.from({ length: count }, (_, n) => client.trigger('one', `event ${n}`, n, options))
    const sizes = () => requests.map(({ names }) => names.length)

    test('hold ten, in the order of the triggers', async () => {
      client = make({ batch: {} })
      await Promise.all(send(25))
      expect(sizes().sort()).toEqual([10, 10, 5])
      for (const { names } of requests)
        expect(names.map((name) => name.split(' ')[1]).map(Number)).toEqual(
          Array.from(names, (_, n) => Number(names[0]?.split(' ')[1]) + n),
        )
    })
    test('hold `maxSize`', async () => {
      client = make({ batch: { maxSize: 3 } })
      await Promise.all(send(7))
      expect(sizes().sort()).toEqual([1, 3, 3])
    })
    test('go when `maxDelay` is over since the first of them', async () => {
      client = make({ batch: { maxDelay: 100 } })
      // What sends is loaded with the first event, which takes its time too.
      await client.triggerBatch(events(1))
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const first = send(1)
      vi.advanceTimersByTime(60)
      const second = send(2)
      vi.advanceTimersByTime(39)
      expect(vi.getTimerCount()).toBe(1)
      vi.advanceTimersByTime(1)
      await Promise.all([...first, ...second])
      expect(sizes()).toEqual([1, 3])
    })
    test('go at once when they are full, and when the client is closed', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      client = make({ batch: { maxDelay: 1000, maxSize: 4 } })
      await Promise.all(send(4))
      const waiting = send(3)
      expect(sizes()).toEqual([4])
      await client.close()
      await Promise.all(waiting)
      expect(sizes()).toEqual([4, 3])
      expect(vi.getTimerCount()).toBe(0)
    })
    test('end each trigger with its own result', async () => {
      client = make({ batch: {} })
      answer = (names) => (names.includes('event 1') ? 422 : 200)
      const results = await Promise.allSettled(send(3))
      const bad = { code: 'validation_failed', channel: 'one', event: 'event 1' }
      expect(results).toMatchObject([delivered, { reason: bad }, delivered])
    })
    test('fail each trigger by its own name', async () => {
      client = make({ batch: {} })
      answer = () => 503
      const results = await Promise.allSettled(send(3))
      expect(results).toMatchObject([0, 1, 2].map((n) => ({ reason: { serviceStatus: 503, event: `event ${n}` } })))
      expect(requests).toHaveLength(1)
      const errors = results.map((result) => result.status === 'rejected' && result.reason)
      expect(new Set(errors).size).toBe(3)
    })
    test('are retried as they were, with the same ids', async () => {
      client = make({ batch: {}, retries: 1 })
      answer = () => (requests.length === 1 ? 503 : 200)
      await Promise.all(send(5))
      expect(sizes()).toEqual([5, 5])
      expect(requests[0]?.id).toBe(requests[1]?.id)
    })
    test('do not contain triggers with own time limits or several channels', async () => {
      client = make({ batch: {} })
      await Promise.all([...send(2), ...send(1, { timeout: 5000 }), client.trigger(['a', 'b'], 'e', 1)])
      expect(sizes().sort()).toEqual([1, 1, 2])
    })
    test('do not overrun the deadline by their wait', async () => {
      client = make({ batch: { maxDelay: 900 }, deadline: 1000 })
      answer = () => new Promise(() => {})
      const start = performance.now()
      const [result] = await Promise.allSettled(send(1))
      expect(result).toMatchObject({ reason: { code: 'timeout' } })
      // Had the deadline begun with the request, this would have taken 1900 ms.
      expect(performance.now() - start).toBeLessThan(1800)
    })
  })

  test.each<[unknown, RegExp]>([
    [{ maxSize: 1 }, /^options\.batch\.maxSize must be an integer from 2 to 10/],
    [{ maxSize: 11 }, /^options\.batch\.maxSize/],
    [{ maxDelay: -1 }, /^options\.batch\.maxDelay must be a number of milliseconds from 0 to 1000/],
    [{ maxDelay: 1001 }, /^options\.batch\.maxDelay/],
    [{ maxDelay: Number.NaN }, /^options\.batch\.maxDelay/],
    [{ delay: 1 }, /^Unknown option 'batch\.delay'/],
    ['yes', /^options\.batch must be an object/],
  ])('batch: %j is refused', (batch, message) => {
    expect(() => make({ batch: batch as never })).toThrow(message)
  })
  test.each(['signed', 'token'] as const)('batch over the %s protocol is refused', (protocol) => {
    expect(() => make({ batch: {}, protocol, token: 't' })).toThrow(/^options\.batch requires protocol: 'pusher'/)
  })
})

async function received(req: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const { batch, name, event } = JSON.parse(body) as { batch?: { name: string }[]; name?: string; event?: string }
  const names = batch?.map((each) => each.name) ?? [name ?? event ?? '']
  return { path: req.url ?? '', id: String(req.headers['idempotency-key']), names, body }
}
