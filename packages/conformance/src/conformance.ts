import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PingerchipsServer } from '@pingerchips/core'
import { type LocalService, startLocal } from '@pingerchips/local'
import fc from 'fast-check'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sign } from './answers.ts'
import {
  type AppPlan,
  appFailed,
  appHasNoRoute,
  appHeaders,
  appKey,
  appSecret,
  type Harness,
  type InMemoryRequest,
  type Journal,
  type Parser,
  PlannedApp,
  parsers,
  type Reply,
  routeAnswer,
  shipped,
  type Traits,
} from './app.ts'
import type { Case, Expectation } from './case.ts'
import { corpus } from './corpus.ts'
import type { CorpusCount } from './counts.ts'
import { fuzzedEvents, type HostileConnection, hostileConnection, hurl } from './fuzz.ts'
import { assertHarmless } from './hostile.ts'
import { Connection } from './request.ts'
import { form, json, signinPath } from './rows.ts'
import { table as authTable } from './table.ts'
import { signedHeaders, webhooksPath, webhookTable, webhookText } from './webhooks.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

const defaultPath = '/pingerchips/auth'
const table = [...authTable, ...webhookTable]
const hostile = Object.entries(corpus).flatMap(([threat, rows]) => rows.map((row) => ({ threat, row })))
const hostileRows = hostile.map(({ row }) => row)

/** Runs everything that an adapter must do through a framework. */
export function conformance(harness: Harness): void {
  judge(harness, (plan) => openHere(harness, plan))
}

/** An app under judgement, wherever it runs. */
export interface JudgedApp {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number
  /** The framework's way to answer without a socket, if it has one. */
  readonly inMemory?: (request: InMemoryRequest) => Promise<Reply>
  /** What happened inside since this was last called. */
  takeJournal(): Journal | Promise<Journal>
  /** Lets go what waits for it: see {@link PlannedApp}. */
  release(): void | Promise<void>
  close(): Promise<void>
}

export type OpenApp = (plan: AppPlan) => Promise<JudgedApp>

async function openHere(harness: Harness, plan: AppPlan): Promise<JudgedApp> {
  const app = new PlannedApp(plan)
  const running = await harness.start(app.setup)
  return {
    ...running,
    takeJournal: () => app.takeJournal(),
    release: () => app.release(),
    async close() {
      await running.close()
      await app.close()
    },
  }
}

/** As {@link conformance}, of apps that may run elsewhere. */
export function judge(traits: Traits, open: OpenApp): void {
  const harness: Judged = { ...traits, open }
  describe(harness.name, () => {
    const inFront = harness.parsers ?? (harness.isOld ? (['none', 'both'] as const) : parsers)
    const places = [...inFront.map((parser) => behind(harness, parser)), ...inMemory(harness)]
    for (const row of table) {
      if (harness.bare && row.needsApp) continue
      test(row.name, () => everywhere(places, row))
    }
    for (const { threat, row } of hostile) {
      if (harness.bare && row.needsApp) continue
      test(`${threat}: ${row.name}`, async ({ task }) => {
        const tried = await everywhere(places, row)
        task.meta.corpus = { adapter: harness.name, threat, row: row.name, type: typeOf(row), tried }
      })
    }

    describe('on a bare socket', () => bareSocket(harness))
    if (!harness.isolated) describe('behind middleware that drains the body', () => drained(harness))
    if (!harness.bare) {
      describe('moved by path', () => mounted(harness, '', '/realtime/join'))
      describe('below a prefix', () => mounted(harness, '/v1', undefined))
      describe('below a prefix, moved by path', () => mounted(harness, '/v1', '/join'))
    }
    describe('webhooks that come again', () => webhooksAgain(harness))
    if (!harness.bare) triggers(harness)
    describe('malformed HTTP', () => fuzz(harness))
  })
}

interface Judged extends Traits {
  readonly open: OpenApp
}

/** Somewhere to send the tables' requests to, and what to expect there. */
interface Place {
  readonly name: string
  /** @returns whether the request could be sent there */
  check(row: Case): Promise<boolean>
}

const typeOf = ({ name }: Case): CorpusCount['type'] =>
  name.includes('(JSON)') || name.startsWith('webhook') ? 'JSON' : name.includes('(form)') ? 'form' : 'neither'

function behind(harness: Judged, parser: Parser): Place {
  const app = useApp(harness, parser)
  return {
    name: parser === 'none' ? 'no parser in front' : `behind parser ${parser}`,
    async check(row) {
      await checkRow(app, row, overSocket(app), expected(harness, parser, row))
      return true
    },
  }
}

function inMemory(harness: Judged): Place[] {
  if (!harness.inMemory) return []
  const app = useApp(harness, 'none')
  return [
    {
      name: 'in memory',
      async check(row) {
        // A request in memory has no pieces.
        if (row.chunks !== undefined) return false
        const { inMemory } = app.running
        if (inMemory === undefined) throw new Error('The harness says it answers in memory and has no inMemory().')
        await checkRow(app, row, (request) => inMemory(asReceived(request)), expected(harness, 'none', row))
        return true
      },
    },
  ]
}

/** The blanks around a header's value never come off the wire. */
function asReceived(request: InMemoryRequest): InMemoryRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, value.trim()])
  return { ...request, headers: Object.fromEntries(headers) }
}

/**
 * The places have an app each and do not disturb one another. A failure says where it was.
 * @returns the names of those that the row was sent to
 */
async function everywhere(places: readonly Place[], row: Case): Promise<string[]> {
  const tried = await Promise.allSettled(places.map((place) => place.check(row)))
  return places.flatMap(({ name }, index) => {
    const result = tried[index]
    if (result?.status === 'fulfilled') return result.value ? name : []
    const error = result?.reason as Error
    error.message = `${name}: ${error.message}`
    throw error
  })
}

/** After a hostile row nothing is signed or said back, and the same process still serves an honest one. */
async function checkRow(app: TestApp, row: Case, send: Send, expectation: Expectation): Promise<void> {
  const exchange = await check(app, row, send, expectation).catch((error: Error) => {
    const mayBeLarge = [expectation.status].flat().includes(413)
    if (app.isWorker && mayBeLarge && isLost(error)) return undefined
    throw error
  })
  if (!hostileRows.includes(row)) return
  if (exchange !== undefined) assertHarmless(exchange.request, exchange.reply, hostileRows)
  await check(app, good, send, good.expect)
}

/** What is closed under somebody who is sending may lose the answer on the way. */
const isLost = (error: Error & { code?: unknown }): boolean => error.code === 'EPIPE' || error.code === 'ECONNRESET'

/** A moved endpoint answers where it is, and leaves its old place to the app. */
function mounted(harness: Judged, prefix: '' | '/v1', path: string | undefined): void {
  const app = useApp(harness, 'none', { prefix, path })
  const place = prefix + (path ?? defaultPath)
  const refused = corpus['refusals that tell'][0]
  const [webhook] = webhookTable
  const [unrouted] = table.filter((row) => row.expect.json === appHasNoRoute)
  for (const row of [good, refused])
    if (row) test(row.name, () => check(app, { ...row, path: place }, overSocket(app), row.expect))
  if (webhook)
    test(webhook.name, () =>
      check(app, { ...webhook, path: place.replace(/[^/]+$/, 'webhooks') }, overSocket(app), webhook.expect),
    )
  if (unrouted)
    test(`${defaultPath} stays with the app`, () =>
      check(app, { ...good, path: defaultPath }, overSocket(app), unrouted.expect))
}

/** A body that is gone is an error at once, which says what to move; a request that fails anyway is refused as ever. */
function drained(harness: Judged): void {
  const app = useApp(harness, 'drained')
  const gone: Expectation = {
    status: 500,
    json: appFailed,
    errors: 1,
    code: 'body_consumed',
    asked: null,
    fromApp: true,
  }
  for (const row of table.filter(({ name }) => name.includes('the exact bytes')))
    test(row.name, () => check(app, row, overSocket(app), expectedFailure(harness, gone)))
  for (const row of hostileRows.filter(({ expect: { status } }) => status === 405 || status === 415))
    test(row.name, () => check(app, row, overSocket(app), row.expect))
}

/** What only a client that does not follow the rules does. After each, the app still serves. */
function bareSocket(harness: Judged): void {
  const app = useApp(harness, 'none', { timeout: 5000 })
  const head = (...headers: string[]) => headOf(defaultPath, json, ...headers)
  /** The status of the first answer to so much of a request. */
  const statusOf = async (text: string) => {
    const socket = await connected(app)
    socket.write(text)
    const status = await firstStatus(socket)
    socket.destroy()
    return status
  }
  afterEach(async () => {
    expect(await app.running.takeJournal()).toMatchObject({ asked: [], errors: [], told: [] })
    await check(app, good, overSocket(app), good.expect)
  })

  describe.each([
    [json, '{"socket_id":"1.1","channel_name":"private-true"}'],
    [form, 'socket_id=1.1&channel_name=private-true'],
  ])('%s', (type, body) => {
    const whole = `Content-Length: ${body.length}`

    test('an endless body is answered 413 while it is still being sent', async () => {
      const socket = await connected(app)
      socket.write(headOf(defaultPath, type, 'Transfer-Encoding: chunked'))
      const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
      const feed = () => {
        while (socket.writable && socket.write(piece));
      }
      socket.on('drain', feed)
      feed()
      const status = await firstStatus(socket)
      // As isLost has it.
      if (!(harness.isWorker && status === 'closed')) expect(status).toBe(413)
      socket.destroy()
    })
    test('a Content-Length over the limit is answered 413 before the body comes', async () => {
      expect(await statusOf(headOf(defaultPath, type, 'Content-Length: 20000'))).toBe(413)
    })
    test.each([
      ['shorter than the body', [`Content-Length: ${body.length - 20}`]],
      ['said twice', [whole, whole.replace(/\d+/, '5')]],
      ['beside chunks', [whole, 'Transfer-Encoding: chunked']],
      ['below zero', ['Content-Length: -1']],
      ['no number', ['Content-Length: 0x31']],
    ])('a Content-Length %s is answered 400', async (_name, lengths) => {
      expect(await statusOf(headOf(defaultPath, type, ...lengths) + body)).toBe(400)
    })
    test('a Content-Type that came twice is answered 415', async () => {
      expect(await statusOf(headOf(defaultPath, type, 'Content-Type: text/plain', whole) + body)).toBe(415)
      expect(await statusOf(headOf(defaultPath, 'text/plain', `Content-Type: ${type}`, whole) + body)).toBe(415)
    })
    test('a client that leaves in the middle of the body', async () => {
      const socket = await connected(app)
      await new Promise<void>((resolve) =>
        socket.write(headOf(defaultPath, type, whole) + body.slice(0, 9), () => resolve()),
      )
      socket.destroy()
      await once(socket, 'close')
    })
    test('a client that half-closes in the middle of the body is cut', async () => {
      const socket = await connected(app)
      const closed = new Promise((resolve) => socket.on('close', resolve))
      socket.resume().end(headOf(defaultPath, type, whole) + body.slice(0, 9))
      await closed
    })
  })

  test('a webhook whose signature came twice is not handled', async () => {
    const body = webhookText({ name: 'channel_occupied', channel: 'a' })
    const lines = Object.entries(signedHeaders(body)).map(([name, value]) => `${name}: ${value}`)
    const text = headOf(webhooksPath, json, ...lines, ...lines, `Content-Length: ${body.length}`) + body
    expect(await statusOf(text)).toBe(401)
    expect(await app.running.takeJournal()).toMatchObject({ told: [] })
  })

  test('of a header that came twice, user is told both', async () => {
    const socket = await connected(app)
    const body = '{"socket_id":"1.1","channel_name":"private-user-bob"}'
    socket.write(
      `${head('Authorization: Bearer a', 'Authorization: Bearer b', `Content-Length: ${body.length}`)}${body}`,
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /)
    expect(await app.running.takeJournal()).toMatchObject({ authorization: 'Bearer a, Bearer b' })
    socket.destroy()
  })

  // The judge's timers are the app's in its own process alone.
  if (!harness.isElsewhere) describe('a slow client', () => slowClients(app))

  // There nobody is left to throw.
  if (harness.isWorker) return
  test('authorize throws after the client has left', async () => {
    const socket = await connected(app)
    const body = '{"socket_id":"1.1","channel_name":"private-throws-released"}'
    await new Promise<void>((resolve) =>
      socket.write(`${head(`Content-Length: ${body.length}`)}${body}`, () => resolve()),
    )
    await happened(app, ({ asked }) => asked.length === 1)
    socket.destroy()
    await once(socket, 'close')
    await app.running.release()
    await happened(app, ({ errors }) => errors.length === 1)
  })
}

/** The beginning of a request to a path, with these headers. */
function headOf(path: string, type: string, ...headers: string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Content-Type: ${type}`, 'X-User: alice', ...headers]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** The status of the first answer that a socket is sent. */
function firstStatus(socket: Socket): Promise<number | 'closed'> {
  return new Promise((resolve) => {
    socket.once('data', (answer) => resolve(Number(/^HTTP\/1\.1 (\d+) /.exec(answer.toString())?.[1])))
    socket.once('close', () => resolve('closed'))
  })
}

function slowClients(app: TestApp): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const drips = [
    ['drips in', 'Content-Length: 100', '{"socket_id"', 9_999],
    ['drips in without a length', 'Transfer-Encoding: chunked', '5\r\n{"soc\r\n', 9_999],
    ['goes on behind a 413', 'Transfer-Encoding: chunked', `5000\r\n${'x'.repeat(0x5000)}\r\n`, 0],
  ] as const
  const paths = [defaultPath, signinPath, webhooksPath]
  test.each(paths.flatMap((path) => drips.map((drip) => [path, ...drip] as const)))(
    'at %s whose body %s is cut after 10 s',
    async (path, _name, header, body, patience) => {
      const socket = await connected(app)
      const closed = new Promise((resolve) => socket.on('close', resolve))
      // By Node's 100 it is known that the request was handed to the framework.
      socket.write(headOf(path, json, 'Expect: 100-continue', header))
      await once(socket, 'data')
      await new Promise<void>((resolve) => socket.resume().write(body, () => resolve()))
      vi.advanceTimersByTime(patience)
      await new Promise(setImmediate)
      expect(socket.destroyed).toBe(false)
      vi.advanceTimersByTime(10_000 - patience)
      // A server that has to answer first cuts it a little later.
      for (; !socket.closed; vi.advanceTimersByTime(100)) await new Promise(setImmediate)
      await closed
    },
  )
}

/** Waits until the app's journal has it. What was in the journal is taken. */
async function happened(app: TestApp, isThere: (journal: Journal) => boolean): Promise<void> {
  while (!isThere(await app.running.takeJournal())) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function connected(app: TestApp): Promise<Socket> {
  const socket = connect(app.running.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A webhook is handled once, however often it comes; one that the app has failed at is as good as new. */
function webhooksAgain(harness: Judged): void {
  const app = useApp(harness, 'none', { timeout: 5000 })
  const webhook = (channel = 'a') => {
    const body = webhookText({ name: 'channel_occupied', channel })
    const headers = { 'content-type': 'application/json', ...signedHeaders(body) }
    return { method: 'POST', path: webhooksPath, headers, body: new TextEncoder().encode(body) }
  }
  const said = ({ status, body }: Reply) => [status, JSON.parse(body)]

  test('one that was handled', async () => {
    const again = webhook()
    for (let n = 0; n < 3; n++) expect(said(await overSocket(app)(again))).toEqual([200, {}])
    expect((await app.running.takeJournal()).told.length).toBe(1)
    expect(said(await overSocket(app)(webhook()))).toEqual([200, {}])
    expect((await app.running.takeJournal()).told.length).toBe(1)
  })

  test('one that is being handled', async () => {
    const again = webhook('held')
    const first = overSocket(app)(again)
    await happened(app, ({ told }) => told.length === 1)
    const other = new Connection(app.running.port)
    const busy = await other.send(again)
    other.close()
    expect(said(busy)).toEqual([503, { error: 'This webhook is being handled' }])
    expect(busy.headers['retry-after']).toBe('1')
    await app.running.release()
    expect(said(await first)).toEqual([200, {}])
    expect((await app.running.takeJournal()).told).toEqual([])
  })

  const failing = useApp(harness, 'none', { timeout: 5000 })
  test('one that the app has failed at', async () => {
    const again = webhook('fails-until-released')
    for (let n = 0; n < 2; n++) expect((await overSocket(failing)(again)).status).toBe(500)
    await failing.running.release()
    for (let n = 0; n < 2; n++) expect(said(await overSocket(failing)(again))).toEqual([200, {}])
    const { told, errors } = await failing.running.takeJournal()
    expect([told.length, errors.length]).toEqual([3, 2])
  })
}

/** What a route handler triggers arrives at a real client library. */
function triggers(harness: Judged): void {
  describe('trigger from a route handler', () => {
    let service: LocalService
    let client: PingerchipsServer
    const people: InstanceType<typeof Pusher>[] = []
    beforeAll(async () => {
      service = await startLocal({ apps: [{ id: '3', key: appKey, secret: appSecret }] })
      client = new PingerchipsServer('3', appSecret, { appKey, endpoint: service.url })
      for (let i = 0; i < 2; i++)
        people.push(
          new Pusher(appKey, {
            cluster: 'local',
            wsHost: '127.0.0.1',
            wsPort: service.port,
            forceTLS: false,
            enabledTransports: ['ws'],
          }),
        )
      for (const person of people)
        await new Promise((resolve) => person.subscribe(shipped[0]).bind('pusher:subscription_succeeded', resolve))
    })
    afterAll(async () => {
      for (const person of people) person.disconnect()
      await client.close()
      await service.close()
    })
    const signed = useApp(harness, 'none', { endpoint: () => service.url })
    const pusher = useApp(harness, 'none', { endpoint: () => service.url, protocol: 'pusher' })

    /** What the subscribers hear until the last of the routes has been asked. */
    const heard = async (ask: () => Promise<void>) => {
      const all = people.map(() => [] as unknown[])
      const marked = people.map((person, index) => {
        const channel = person.channel(shipped[0])
        channel.unbind()
        channel.bind(shipped[1], (data: unknown) => all[index]?.push(data))
        return new Promise((resolve) => channel.bind('marker', resolve))
      })
      await ask()
      await client.trigger(shipped[0], 'marker', 1)
      await Promise.all(marked)
      return all
    }
    const post = async (app: TestApp, path: string, headers = {}) => {
      const reply = await overSocket(app)({ method: 'POST', path, headers, body: new Uint8Array() })
      return [reply.status, JSON.parse(reply.body)]
    }
    const ok = [200, routeAnswer]

    test('reaches every subscriber', async () => {
      const all = await heard(async () => expect(await post(signed, '/shipped')).toEqual(ok))
      expect(all).toEqual([[shipped[2]], [shipped[2]]])
    })
    test('toOthers leaves out who sent the request', async () => {
      const sender = { 'x-socket-id': people[0]?.connection.socket_id }
      const all = await heard(async () => expect(await post(pusher, '/to-others', sender)).toEqual(ok))
      expect(all).toEqual([[], [shipped[2]]])
    })
    test('toOthers without a socket id reaches all', async () => {
      const all = await heard(async () => expect(await post(pusher, '/to-others')).toEqual(ok))
      expect(all).toEqual([[shipped[2]], [shipped[2]]])
    })
    test('toOthers with what is no socket id reaches all', async () => {
      const bad = { 'x-socket-id': '1.1:private-b' }
      const all = await heard(async () => expect(await post(pusher, '/to-others', bad)).toEqual(ok))
      expect(all).toEqual([[shipped[2]], [shipped[2]]])
    })
    test('toOthers over a protocol that leaves nobody out', async () => {
      expect(await post(signed, '/to-others', { 'x-socket-id': '1.1' })).toEqual([500, appFailed])
      const { errors } = await signed.running.takeJournal()
      expect(errors).toMatchObject([{ code: 'invalid_argument', argument: 'options.socketId' }])
    })
    test('in the background', async () => {
      const arrived = new Promise((resolve) => people[0]?.channel(shipped[0]).bind(shipped[1], resolve))
      expect(await post(signed, '/in-background')).toEqual(ok)
      expect(await arrived).toEqual(shipped[2])
    })
    test("a failure in the background goes to the client's onError", async () => {
      expect(await post(signed, '/fails-in-background')).toEqual(ok)
      await happened(signed, ({ backgroundErrors: [error] }) => error?.message === 'the event was lost')
    })
  })
}

/** How many malformed requests are written to each framework's server: more by `npm run fuzz`. */
const fuzzRuns = Number(process.env.FUZZ ?? 5_000)
const fuzzSeed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
/** Connections are made up a batch at a time, each from a seed of its own. */
const batchSize = 1_000

/** Whatever is written to its socket, the server lives, answers or closes, and signs and handles nothing that was not asked well. */
function fuzz(harness: Judged): void {
  const runs = harness.isOld ? Math.ceil(fuzzRuns / 10) : fuzzRuns
  const app = useApp(harness, 'none')
  const statuses: Record<string, number> = {}

  async function batch(seed: number, numRuns: number): Promise<void> {
    const connections = fc.sample(hostileConnection, { numRuns, seed }).entries()
    const worker = async () => {
      for (const [index, connection] of connections) {
        const which = `connection ${index} of FUZZ_SEED=${seed}`
        const answer = await hurl(app.running.port, connection).catch((error: Error) => {
          throw new Error(`${error.message} ${which}: ${JSON.stringify(connection)}`)
        })
        for (const [, auth = '', userData] of answer.matchAll(/"auth":"([^"]*)"(?:,"user_data":("(?:[^"\\]|\\.)*"))?/g))
          assert.ok(maySign(connection, auth, userData), `signed by ${which}: ${JSON.stringify(connection)}`)
        assert.ok(!answer.includes('canary'), `an error of the app shows: ${which}`)
        for (const [, status = ''] of answer.matchAll(/HTTP\/1\.1 (\d{3}) /g))
          statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: 32 }, worker))
    for (const events of (await app.running.takeJournal()).told)
      assert.deepEqual(events, fuzzedEvents, `a webhook was handled that nobody signed: FUZZ_SEED=${seed}`)
  }

  test(
    `${runs.toLocaleString('en')} connections (FUZZ_SEED=${fuzzSeed})`,
    async ({ task }) => {
      let before: number | undefined
      for (let done = 0; done < runs; done += batchSize) {
        // The first batch fills caches and compiles. Another process has a heap of its own.
        if (done === batchSize && !harness.isElsewhere) before = heapUsed()
        await batch(fuzzSeed + done / batchSize, Math.min(batchSize, runs - done))
      }
      const grown = before === undefined ? undefined : heapUsed() - before
      assert.ok(grown === undefined || grown < maxGrowth, `the heap has grown by ${grown} bytes`)
      // Some who have left may still be answered: what the journal has is not of this request alone.
      const { asked: _asked, ...answered } = good.expect
      await check(app, good, overSocket(app), { ...answered, errors: 'any' })
      // Else the fuzzer would try Node's parser alone.
      const served = (statuses[200] ?? 0) + (statuses[403] ?? 0)
      assert.ok(runs < batchSize || served > runs / 50, `${served} requests were well-formed`)
      task.meta.fuzz = { adapter: harness.name, connections: runs, statuses, grown }
    },
    60_000 + runs * 20,
  )
}

/** Webhooks are remembered, up to some 20 MB of them; nothing else may stay. */
const maxGrowth = 40 * 2 ** 20

/** Bytes, without the garbage. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

const good = table.find(({ name }) => name === 'the exact bytes of pusher-js') as Case
/**
 * A request of the fuzzer's may be well-formed: then it is let in to the one channel that it knows, or signed in as the
 * user that the answer names, with a socket id that it has said.
 */
function maySign({ pieces }: HostileConnection, auth: string, userData: string | undefined): boolean {
  const rest = userData === undefined ? ':private-true' : `::user::${JSON.parse(userData)}`
  // The request behind it begins where a socket id at a body's end ends.
  for (const [word] of pieces.join('').matchAll(/[A-Za-z0-9._-]+/g))
    for (let length = 1; length <= Math.min(word.length, 64); length++)
      if (sign(word.slice(0, length) + rest) === auth) return true
  return false
}

interface TestApp {
  running: JudgedApp
  connection: Connection
  bare: boolean
  isWorker: boolean
}

/** What a plan has that most have alike; where its events go may be known only when the app is opened. */
type PlanParts = Partial<Omit<AppPlan, 'parser' | 'endpoint'>> & { readonly endpoint?: () => string }

/** Opens an app before the tests around it, and closes it after them. */
function useApp(harness: Judged, parser: Parser, { endpoint = nowhere, ...parts }: PlanParts = {}): TestApp {
  const app = { bare: harness.bare ?? false, isWorker: harness.isWorker ?? false } as TestApp
  beforeAll(async () => {
    const plan = { prefix: '', protocol: 'signed', timeout: 20, ...parts, parser, endpoint: endpoint() } as const
    app.running = await harness.open(plan)
    app.connection = new Connection(app.running.port)
  })
  afterAll(async () => {
    app.connection.close()
    await app.running.close()
  })
  return app
}

const nowhere = () => 'http://127.0.0.1:9'

type Send = (request: InMemoryRequest, chunks?: number) => Promise<Reply>

function overSocket(app: TestApp): Send {
  return (request, chunks) => app.connection.send(request, chunks)
}

function expected(harness: Judged, parser: Parser, row: Case): Expectation {
  const behind = harness.isolated ? undefined : row.behind?.[parser]
  const isKept = behind?.code === 'body_consumed' && harness.keepsRawBody
  return expectedFailure(harness, (isKept ? undefined : behind) ?? row.expect)
}

function expectedFailure(harness: Judged, expectation: Expectation): Expectation {
  return expectation.json === appFailed && harness.failed !== undefined
    ? { ...expectation, json: harness.failed }
    : expectation
}

async function check(app: TestApp, row: Case, send: Send, expectation: Expectation): Promise<Exchange> {
  const { method = 'POST', path = defaultPath, type, user = 'alice', body = '' } = row
  const request = {
    method,
    path,
    headers: {
      ...(type !== undefined && { 'content-type': type }),
      ...(user !== null && { 'x-user': user }),
      ...row.headers,
    },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  }
  const reply = await send(request, row.chunks).catch(async (error) => {
    // It is this request's, and not the next one's.
    await app.running.takeJournal()
    throw error
  })
  verify(reply, expectation, await app.running.takeJournal(), app.bare)
  return { request, reply }
}

interface Exchange {
  readonly request: InMemoryRequest
  readonly reply: Reply
}

/** node:assert, and not vitest's expect, which would take most of the time of these thousands of checks. */
function verify(reply: Reply, expectation: Expectation, journal: Journal, bare: boolean): void {
  const { status, headers, body } = reply
  assert.ok([expectation.status].flat().includes(status), `status ${status}, not ${expectation.status}: ${body}`)
  if (expectation.json !== undefined) assert.deepEqual(JSON.parse(body), expectation.json)
  for (const [name, value] of Object.entries(expectation.headers ?? {})) assert.equal(headers[name], value, name)
  if (!expectation.fromApp) {
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['content-type']), /^application\/json/)
    // Neither callback is troubled with what is refused without them.
    if ([400, 405, 413, 415].includes(status)) assert.equal(journal.users, 0, 'user was asked')
  }
  // The endpoint adds no CORS of its own and takes none of the app's away.
  for (const [name, value] of Object.entries(appHeaders)) assert.equal(headers[name], bare ? undefined : value, name)
  // Nothing is signed but in a 200, and no app's error shows outside.
  if (status !== 200) assert.ok(!body.includes(appKey), 'signed')
  assert.ok(!body.includes('canary'), 'an error of the app shows')
  if (expectation.errors !== 'any') assert.equal(journal.errors.length, expectation.errors ?? 0, 'errors reported')
  if (expectation.code !== undefined) assert.equal(journal.errors[0]?.code, expectation.code)
  for (const { isError } of journal.errors) assert.ok(isError, 'what was reported is no Error')
  assert.ok(!journal.isPolluted, 'Object.prototype was polluted')
  if (expectation.asked === null) assert.deepEqual(journal.asked, [])
  if (expectation.told !== undefined) {
    assert.deepEqual(journal.told, expectation.told === null ? [] : [expectation.told], 'told')
    assert.equal(journal.users, 0, 'user was asked')
  }
  for (const [key, value] of Object.entries(expectation.asked ?? {})) {
    assert.equal(journal.asked.length, 1, 'how often authorize was asked')
    // As JSON: a form's fields are an object without a prototype.
    const told = journal.asked[0]?.[key as 'kind' | 'authInfo']
    assert.equal(key === 'authInfo' ? told : JSON.stringify(told), JSON.stringify(value))
  }
}
