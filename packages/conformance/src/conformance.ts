import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type LocalService, startLocal } from '@pingerchips/local'
import pusherJs from 'pusher-js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  appFailed,
  appHasNoRoute,
  appKey,
  appSecret,
  callbacks,
  type Harness,
  type InMemoryRequest,
  type Journal,
  type Parser,
  parsers,
  type Reply,
  type RunningApp,
  shippedAnswer,
} from './app.ts'
import { Connection } from './request.ts'
import { type Case, type Expectation, table } from './table.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

const shipped = ['orders', 'order-update', { status: 'shipped', note: '☃' }] as const
const appHeaders = { 'access-control-allow-origin': 'https://app.example', vary: 'Origin' }
const defaultPath = '/pingerchips/auth'

/** Runs everything that an adapter must do through a framework. */
export function conformance(harness: Harness): void {
  describe(harness.name, () => {
    const places = [...(harness.parsers ?? parsers).map((parser) => behind(harness, parser)), ...inMemory(harness)]
    for (const row of table) {
      if (harness.bare && row.needsApp) continue
      test(row.name, () => everywhere(places, row))
    }

    describe('on a bare socket', () => bareSocket(harness))
    if (!harness.isolated) describe('behind middleware that drains the body', () => drained(harness))
    if (!harness.bare) {
      describe('moved by path', () => mounted(harness, '', '/realtime/join'))
      describe('below a prefix', () => mounted(harness, '/v1', undefined))
      describe('below a prefix, moved by path', () => mounted(harness, '/v1', '/join'))
    }
    if (!harness.bare) triggers(harness)
  })
}

/** Somewhere to send the table's requests to, and what to expect there. */
interface Place {
  readonly name: string
  check(row: Case): Promise<void>
}

function behind(harness: Harness, parser: Parser): Place {
  const app = useApp(harness, parser)
  return {
    name: parser === 'none' ? 'no parser in front' : `behind parser ${parser}`,
    check: (row) => check(app, row, overSocket(app), expected(harness, parser, row)),
  }
}

function inMemory(harness: Harness): Place[] {
  if (!harness.inMemory) return []
  const app = useApp(harness, 'none')
  return [
    {
      name: 'in memory',
      async check(row) {
        // A request in memory has no pieces.
        if (row.chunks !== undefined) return
        const { inMemory } = app.running
        if (inMemory === undefined) throw new Error('The harness says it answers in memory and has no inMemory().')
        await check(app, row, inMemory, expected(harness, 'none', row))
      },
    },
  ]
}

/** The places have an app each and do not disturb one another. A failure says where it was. */
async function everywhere(places: readonly Place[], row: Case): Promise<void> {
  await Promise.all(
    places.map((place) =>
      place.check(row).catch((error: Error) => {
        error.message = `${place.name}: ${error.message}`
        throw error
      }),
    ),
  )
}

/** A moved endpoint answers where it is, and leaves its old place to the app. */
function mounted(harness: Harness, prefix: '' | '/v1', path: string | undefined): void {
  const app = useApp(harness, 'none', { prefix, path })
  const place = prefix + (path ?? defaultPath)
  const [good, refused] = ['the exact bytes of pusher-js', 'no user (JSON)'].map((name) =>
    table.find((row) => row.name === name),
  )
  const [unrouted] = table.filter((row) => row.expect.json === appHasNoRoute)
  for (const row of [good, refused])
    if (row) test(row.name, () => check(app, { ...row, path: place }, overSocket(app), row.expect))
  if (good && unrouted)
    test(`${defaultPath} stays with the app`, () =>
      check(app, { ...good, path: defaultPath }, overSocket(app), unrouted.expect))
}

/** A body that is gone is an error at once, which says what to move; a request that fails anyway is refused as ever. */
function drained(harness: Harness): void {
  const app = useApp(harness, 'drained')
  const gone: Expectation = {
    status: 500,
    json: appFailed,
    errors: 1,
    code: 'body_consumed',
    asked: null,
    fromApp: true,
  }
  for (const row of table.filter(({ name }) => name.startsWith('the exact bytes')))
    test(row.name, () => check(app, row, overSocket(app), expectedFailure(harness, gone)))
  for (const row of table.filter(({ expect: { status } }) => status === 405 || status === 415))
    test(row.name, () => check(app, row, overSocket(app), row.expect))
}

/** What only a client that does not follow the rules does. After each, the app still serves. */
function bareSocket(harness: Harness): void {
  const app = useApp(harness, 'none')
  const good = table.find(({ name }) => name === 'the exact bytes of pusher-js') as Case
  const head = (...headers: string[]) =>
    [
      `POST ${defaultPath} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Content-Type: application/json',
      'X-User: alice',
      ...headers,
      '',
      '',
    ].join('\r\n')
  afterEach(async () => {
    expect(app.journal.asked).toEqual([])
    expect(app.journal.errors).toEqual([])
    await check(app, good, overSocket(app), good.expect)
    app.journal.asked = []
  })

  test('an endless body is answered 413 while it is still being sent', async () => {
    const socket = await connected(app)
    socket.write(head('Transfer-Encoding: chunked'))
    const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const feed = () => {
      while (socket.writable && socket.write(piece));
    }
    socket.on('drain', feed)
    feed()
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
  test('a Content-Length over the limit is answered 413 before the body comes', async () => {
    const socket = await connected(app)
    socket.write(head('Content-Length: 20000'))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
  test('a client that leaves in the middle of the body', async () => {
    const socket = await connected(app)
    await new Promise<void>((resolve) => socket.write(`${head('Content-Length: 100')}{"socket_id"`, () => resolve()))
    socket.destroy()
    await once(socket, 'close')
  })

  test('of a header that came twice, user is told both', async () => {
    const socket = await connected(app)
    const body = '{"socket_id":"1.1","channel_name":"private-user-bob"}'
    socket.write(
      `${head('Authorization: Bearer a', 'Authorization: Bearer b', `Content-Length: ${body.length}`)}${body}`,
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /)
    expect(app.journal.authorization).toBe('Bearer a, Bearer b')
    socket.destroy()
    app.journal.asked = []
  })

  test('authorize throws after the client has left', async () => {
    const socket = await connected(app)
    const body = '{"socket_id":"1.1","channel_name":"private-throws-later"}'
    const failed = new Promise((resolve) => {
      app.journal.onError = resolve
    })
    const asked = new Promise<void>((resolve) => {
      app.journal.onAsked = resolve
    })
    await new Promise<void>((resolve) =>
      socket.write(`${head(`Content-Length: ${body.length}`)}${body}`, () => resolve()),
    )
    await asked
    socket.destroy()
    await failed
    app.journal.asked = []
    app.journal.errors = []
  })
}

async function connected(app: TestApp): Promise<Socket> {
  const socket = connect(app.running.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  app.journal.asked = []
  app.journal.errors = []
  return socket
}

/** A route handler's trigger arrives at a real client library. */
function triggers(harness: Harness): void {
  describe('trigger from a route handler', () => {
    let service: LocalService
    beforeAll(async () => {
      service = await startLocal({ apps: [{ id: '3', key: appKey, secret: appSecret }] })
    })
    afterAll(() => service.close())
    const app = useApp(harness, 'none', { endpoint: () => service.url })
    test('reaches a subscriber', async () => {
      const pusher = new Pusher(appKey, {
        cluster: 'local',
        wsHost: '127.0.0.1',
        wsPort: service.port,
        forceTLS: false,
        enabledTransports: ['ws'],
      })
      try {
        const channel = pusher.subscribe(shipped[0])
        await new Promise((resolve) => channel.bind('pusher:subscription_succeeded', resolve))
        const received = new Promise((resolve) => channel.bind(shipped[1], resolve))
        const reply = await overSocket(app)({ method: 'POST', path: '/shipped', headers: {}, body: new Uint8Array() })
        expect(reply.status).toBe(200)
        expect(JSON.parse(reply.body)).toEqual(shippedAnswer)
        expect(await received).toEqual(shipped[2])
      } finally {
        pusher.disconnect()
      }
    })
  })
}

interface TestApp {
  running: RunningApp
  connection: Connection
  journal: Journal
  bare: boolean
}

interface AppPlace {
  readonly prefix?: '' | '/v1'
  readonly path?: string | undefined
  /** Where the app's events go. Default: nowhere. */
  readonly endpoint?: () => string
}

/** Starts the framework's app before the tests around it, and stops it after them. */
function useApp(harness: Harness, parser: Parser, { prefix = '', path, endpoint = nowhere }: AppPlace = {}): TestApp {
  const journal: Journal = { errors: [], asked: [], users: 0 }
  const app = { journal, bare: harness.bare ?? false } as TestApp
  beforeAll(async () => {
    app.running = await harness.start({
      parser,
      prefix,
      shipped,
      headers: appHeaders,
      report(error) {
        journal.errors.push(error)
        journal.onError?.(error)
      },
      options: (header) => callbacks(journal, header, endpoint(), path),
    })
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

function expected(harness: Harness, parser: Parser, row: Case): Expectation {
  return expectedFailure(harness, (harness.isolated ? undefined : row.behind?.[parser]) ?? row.expect)
}

function expectedFailure(harness: Harness, expectation: Expectation): Expectation {
  return expectation.json === appFailed && harness.failed !== undefined
    ? { ...expectation, json: harness.failed }
    : expectation
}

async function check(app: TestApp, row: Case, send: Send, expectation: Expectation): Promise<void> {
  const { journal } = app
  journal.errors = []
  journal.asked = []
  journal.users = 0
  const { method = 'POST', path = defaultPath, type, user = 'alice', body = '' } = row
  const reply = await send(
    {
      method,
      path,
      headers: {
        ...(type !== undefined && { 'content-type': type }),
        ...(user !== null && { 'x-user': user }),
      },
      body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    },
    row.chunks,
  )
  verify(reply, expectation, journal, app.bare)
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
  if (expectation.code !== undefined)
    assert.equal((journal.errors[0] as { code?: string } | undefined)?.code, expectation.code)
  for (const error of journal.errors) assert.ok(error instanceof Error)
  if (expectation.asked === null) assert.deepEqual(journal.asked, [])
  for (const [key, value] of Object.entries(expectation.asked ?? {})) {
    assert.equal(journal.asked.length, 1, 'how often authorize was asked')
    // As JSON: a form's fields are an object without a prototype.
    assert.equal(JSON.stringify(journal.asked[0]?.[key as 'kind']), JSON.stringify(value))
  }
}

/** The port that a Node server listens on. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
  return address.port
}
