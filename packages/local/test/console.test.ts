import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { FromConsole, ToConsole } from '../src/console/server/messages.ts'
import { type App, defaultApp, type LocalService, type LogEntry, startLocal } from '../src/index.ts'
import { ask, backend, channelAuth, connect, dial, enter, signIn, start } from './harness.ts'

/** An open console, but for the page. */
class Console {
  readonly #socket: WebSocket
  readonly #messages: ToConsole[] = []
  #received = () => {}

  constructor({ url }: LocalService) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/console`, { origin: url })
    this.#socket.on('message', (data) => {
      this.#messages.push(JSON.parse(data.toString()))
      this.#received()
    })
    onTestFinished(() => this.#socket.terminate())
  }

  static async open(service: LocalService): Promise<Console> {
    const page = new Console(service)
    await page.next('hello')
    return page
  }

  /** The next message of a type that is as wanted; those before it are dropped. */
  async next<Type extends ToConsole['type']>(
    type: Type,
    isWanted: (message: Extract<ToConsole, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<ToConsole, { type: Type }>> {
    for (;;) {
      for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
        const one = message as Extract<ToConsole, { type: Type }>
        if (message.type === type && isWanted(one)) return one
      }
      await new Promise<void>((resolve) => {
        this.#received = resolve
      })
    }
  }

  send(message: FromConsole | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }
}

describe("the console's page", () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const get = async (service: LocalService, path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.url}${path}`, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  test('is served at / to browsers; other clients receive JSON', async () => {
    const service = await start()
    const page = await get(service, '/', html)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).toContain('<title>Pingerchips local</title>')
    expect(await ask(service, { method: 'GET', path: '/' })).toMatchObject({
      status: 200,
      body: { service: '@pingerchips/local' },
    })
  })

  test('loads its own files only, under a policy that allows no other', async () => {
    const service = await start()
    const { text, headers } = await get(service, '/', html)
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
    expect(named).toEqual(expect.arrayContaining(['/console/console.js', '/console/console.css', '/console/icon.svg']))
    for (const path of named) {
      expect(path).toMatch(/^\/console\//)
      expect(await get(service, path)).toMatchObject({ status: 200 })
    }
    const policy = headers.get('content-security-policy')
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      `connect-src 'self' ws://127.0.0.1:${service.port} wss://127.0.0.1:${service.port};`,
      "require-trusted-types-for 'script'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(rule)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('is packed with all of its files', async () => {
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd })
    const [{ files }] = JSON.parse(stdout)
    const paths = files.map(({ path }: { path: string }) => path)
    for (const name of ['console.html', 'console.css', 'icon.svg']) expect(paths).toContain(`src/console/page/${name}`)
    expect(paths).toContain('dist/console/page/console.js')
  }, 30_000)

  test.each([
    '/console/console.html',
    '/console/nothing.js',
    '/console/../package.json',
    '/console/%2e%2e%2fpackage.json',
    '/console/tsconfig.json',
    '/console/console.d.ts',
    '/console/',
  ])('serves no other file: %s', async (path) => {
    expect(await ask(await start(), { method: 'GET', path })).toMatchObject({ status: 404 })
  })

  test('is not served to another host', async () => {
    const service = await start()
    const answer = await ask(service, { method: 'GET', path: '/', headers: { ...html, host: 'evil.example' } })
    expect(answer).toMatchObject({ status: 403, body: { error: 'Host not allowed' } })
  })
})

describe("the console's WebSocket", () => {
  test.each<[string, string | undefined]>([
    ['a page of another site', 'https://evil.example'],
    ['another page of this machine', 'http://127.0.0.1:3000'],
    ['a page that the option origins names', 'https://my-app.test'],
    ['whatever sends no origin', undefined],
    ['an opaque origin', 'null'],
  ])('is closed to %s', async (_what, origin) => {
    const service = await start({ origins: ['https://my-app.test', 'null'] })
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/console`, origin === undefined ? {} : { origin })
    const status = await new Promise((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.once('error', reject)
    })
    expect(status).toBe(403)
  })

  test('sends the apps and their state first, without secrets other than the default', async () => {
    const given: App = { id: 'given', key: 'given-key', secret: 'canary-secret', token: 'canary-token' }
    const service = await start({ apps: [defaultApp, given] })
    const client = await connect(service)
    await enter(client, 'presence-room', '1', { name: 'Ada' })
    await signIn(client, { id: 'ada' })
    const page = new Console(service)
    expect(await page.next('hello')).toEqual({ type: 'hello', apps: [defaultApp, { id: 'given', key: 'given-key' }] })
    expect((await page.next('snapshot')).apps).toEqual([
      {
        id: 'local',
        connectionCount: 1,
        connections: [{ socketId: client.socketId, userId: 'ada', channelCount: 1 }],
        channelCount: 1,
        channels: [
          {
            name: 'presence-room',
            kind: 'presence',
            subscriberCount: 1,
            memberCount: 1,
            members: [{ id: '1', info: '{"name":"Ada"}' }],
          },
        ],
      },
      { id: 'given', connectionCount: 0, connections: [], channelCount: 0, channels: [] },
    ])
  })

  test('sends log entries and snapshots', async () => {
    const service = await start()
    const page = new Console(service)
    await page.next('snapshot')
    const client = await connect(service)
    await client.subscribe('private-a', { auth: channelAuth(client, 'private-a') })
    await page.next('snapshot', ({ apps }) => apps[0]?.channels[0]?.name === 'private-a')
    await backend(service).trigger('private-a', 'greeting', 'hi')
    const isEvent = ({ type }: LogEntry) => type === 'event'
    const { entries } = await page.next('batch', (batch) => batch.entries.some(isEvent))
    expect(entries.find(isEvent)).toMatchObject({
      channels: ['private-a'],
      event: 'greeting',
      data: 'hi',
      receivers: 1,
    })
    client.close()
    await page.next('snapshot', ({ apps }) => apps[0]?.connectionCount === 0)
  })

  test('sends a new console the entries since the first one, oldest first, at most 10,000', async () => {
    const service = await start({ clientEventsPerSecond: 20_000 })
    const before = await connect(service)
    await before.pending()
    const first = await Console.open(service)
    expect(await first.next('history')).toEqual({ type: 'history', isFirst: true, entries: [] })
    const client = await connect(service)
    await client.subscribe('chat')
    for (let n = 0; n < 10_000; n += 1) client.send({ event: 'client-x', channel: 'chat', data: n })
    await client.pending()
    const page = await Console.open(service)
    const entries: LogEntry[] = []
    while (entries.length < 10_000) entries.push(...(await page.next('history')).entries)
    expect(entries).toHaveLength(10_000)
    expect([entries[0], entries.at(-1)]).toMatchObject([
      { type: 'event', data: '0' },
      { type: 'event', data: '9999' },
    ])
  })

  test('limits the listed channels, prefers the channel in focus, and counts all', async () => {
    const service = await start()
    const client = await connect(service)
    for (let i = 0; i < 150; i++) client.send({ event: 'pusher:subscribe', data: { channel: `room-${i}` } })
    await client.pending()
    const page = new Console(service)
    const [before] = (await page.next('snapshot')).apps
    expect([before?.channelCount, before?.channels.length]).toEqual([150, 100])
    expect(before?.channels.map(({ name }) => name)).not.toContain('room-149')
    page.send({ type: 'focus', channel: 'room-149' })
    await page.next('snapshot', ({ apps }) => apps[0]?.channels.some(({ name }) => name === 'room-149') ?? false)
  })

  test('triggers events, and returns the number of receivers or the error', async () => {
    const service = await start()
    const client = await connect(service)
    await client.subscribe('news')
    const page = await Console.open(service)
    const trigger = async (changes: object) => {
      page.send(JSON.stringify({ type: 'trigger', app: 'local', channel: 'news', event: 'e', data: '1', ...changes }))
      return page.next('triggered')
    }
    expect(await trigger({})).toEqual({ type: 'triggered', receivers: 1 })
    expect(await client.frame()).toEqual({ event: 'e', channel: 'news', data: '1' })
    expect(await trigger({ channel: 'unknown' })).toEqual({ type: 'triggered', receivers: 0 })
    expect((await trigger({ channel: 'a b' })).error).toContain('a channel must be')
    expect((await trigger({ event: '' })).error).toContain('event name')
    expect((await trigger({ app: 'unknown' })).error).toBe('App not found')
    const noText = '{"toString":1,"valueOf":1}'
    for (const nonsense of ['{', '[]', '{"type":"hello"}', 'null', `{"type":"focus","channel":${noText}}`])
      page.send(nonsense)
    expect((await trigger({ data: JSON.parse(noText) })).error).toContain('data must be text')
    expect(await trigger({})).toMatchObject({ receivers: 1 })
  })

  test('leaves no timer when the service closes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const service = await startLocal()
    await Console.open(service)
    const client = await connect(service)
    expect(vi.getTimerCount()).toBeGreaterThan(1)
    await service.close()
    await client.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('accepts no app client', async () => {
    const client = dial(await start(), '/console?protocol=7')
    expect(await client.closed).toBe(4005)
  })
})
