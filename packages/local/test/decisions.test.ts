import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { channelRules, PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { defaultApp } from '../src/index.ts'
import { startLocal } from '../src/testing.ts'
import { ask, connect, hmac, startLogged } from './harness.ts'

interface User {
  readonly id: string
}

const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })

/** An app whose user is in a cookie or a token. @returns its address */
async function serveApp(changes: object = {}): Promise<string> {
  const handler = nodeHandler({
    client,
    user: (request): User | null => (request.headers.cookie === 'session=ada' ? { id: 'ada' } : null),
    authorize: channelRules<User>()({
      'private-user-{id}': ({ user, params }) => params.id === user.id,
      'presence-room': () => true as never,
      'private-broken': () => {
        throw new RangeError('the database is gone')
      },
    }),
    onError: () => {},
    ...changes,
  })
  const server = createServer((request, response) => void handler(request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const session = { cookie: 'session=ada' }

describe('a decision of an app in this process is logged with its cause:', () => {
  test.each<[string, string, Record<string, string>, object, RegExp | undefined]>([
    ['granted', 'private-user-ada', session, { outcome: 'granted', status: 200, rule: 'private-user-{id}' }, undefined],
    [
      'no credentials',
      'private-user-ada',
      {},
      { outcome: 'refused', status: 403, reason: 'no_user', hasCookie: false },
      /no session cookie and no Authorization header\. Sign in first/,
    ],
    [
      'no cookie from a page of another origin',
      'private-user-ada',
      { origin: 'https://shop.example' },
      { reason: 'no_user', origin: 'https://shop.example' },
      /page of https:\/\/shop\.example is of another origin .* credentials: 'include'/,
    ],
    [
      'a cookie without a session',
      'private-user-ada',
      { cookie: 'session=expired' },
      { reason: 'no_user', hasCookie: true },
      /session middleware is mounted after the endpoint/,
    ],
    [
      'a token of no user',
      'private-user-ada',
      { authorization: 'Bearer canary' },
      { reason: 'no_user', hasAuthorization: true },
      /Check that the token is valid/,
    ],
    [
      'no rule',
      'private-unknown',
      session,
      { reason: 'denied', rule: null },
      /No rule matches the channel private-unknown/,
    ],
    [
      'a rule that refuses',
      'private-user-bob',
      session,
      { reason: 'denied', rule: 'private-user-{id}' },
      /The rule 'private-user-\{id\}' refused the channel private-user-bob/,
    ],
    [
      'true for a presence channel',
      'presence-room',
      session,
      { outcome: 'failed', status: undefined },
      /returned true for a presence channel.*user_info/,
    ],
    [
      'a callback that throws',
      'private-broken',
      session,
      { outcome: 'failed', error: 'RangeError: the database is gone' },
      /A callback of the app failed.*RangeError: the database is gone/,
    ],
  ])('%s', async (_what, channel, headers, expected, explanation) => {
    const url = await serveApp()
    const { service, upTo } = await startLogged()
    const { socketId } = await connect(service)
    const body = new URLSearchParams({ socket_id: socketId, channel_name: channel })
    await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers, body })
    const entry = (await upTo('decision')).at(-1)
    expect(entry).toMatchObject({ app: 'local', request: 'subscribe', socketId, channel, ...expected })
    const text = entry?.type === 'decision' ? entry.explanation?.text : undefined
    if (explanation === undefined) expect(text).toBe(undefined)
    else expect(text).toMatch(explanation)
    expect(JSON.stringify(entry)).not.toMatch(/canary|session=|local-secret/)
  })

  test.each<[string, RequestInit, object, RegExp]>([
    ['a GET', { method: 'GET' }, { reason: 'method', status: 405 }, /not a POST/],
    [
      'another Content-Type',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      { reason: 'content_type' },
      /application\/json/,
    ],
    [
      'a malformed body',
      { body: new URLSearchParams({ a: '1' }) },
      { reason: 'malformed', status: 400 },
      /socket_id or channel_name/,
    ],
  ])('%s', async (_what, init, expected, explanation) => {
    const url = await serveApp()
    const { upTo } = await startLogged()
    await fetch(`${url}/pingerchips/auth`, { method: 'POST', ...init })
    expect((await upTo('decision')).at(-1)).toMatchObject({
      app: undefined,
      outcome: 'refused',
      ...expected,
      explanation: { text: expect.stringMatching(explanation) },
    })
  })
})

describe('decided()', () => {
  test('resolves with the decision about a channel', async () => {
    const service = await startLocal()
    onTestFinished(() => service.close())
    const url = await serveApp()
    const decided = service.decided('private-unknown')
    const body = new URLSearchParams({ socket_id: '1234.5678', channel_name: 'private-unknown' })
    await fetch(`${url}/pingerchips/auth`, { method: 'POST', headers: session, body })
    expect(await decided).toMatchObject({ outcome: 'refused', rule: null })
    await expect(service.decided('private-other', { timeout: 20 })).rejects.toThrow(
      /The app did not decide about private-other within 20 ms\. Instead:\n- private-unknown was refused\. No rule matches/,
    )
  })
})

describe('an app in another process', () => {
  const report = fileURLToPath(new URL('../dist/report.js', import.meta.url))
  const script = `
    import { createServer } from 'node:http'
    import { nodeHandler } from '@pingerchips/core/node'
    import { PingerchipsServer } from '@pingerchips/core'
    const client = PingerchipsServer.fromEnv(process.env)
    const handler = nodeHandler({ client, user: () => null, authorize: () => false })
    const server = createServer(handler).listen(0, '127.0.0.1', () => console.log(server.address().port))`

  async function startApp(url: string, env: Record<string, string> = {}): Promise<string> {
    const child = spawn(process.execPath, ['--import', report, '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: {
        ...process.env,
        PINGERCHIPS_APP_ID: defaultApp.id,
        PINGERCHIPS_APP_KEY: defaultApp.key,
        PINGERCHIPS_APP_SECRET: defaultApp.secret,
        PINGERCHIPS_ENDPOINT: url,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const [port] = await once(child.stdout, 'data')
    return `http://127.0.0.1:${Number(port)}`
  }

  test('reports its decisions to the service with --import @pingerchips/local/report', async () => {
    const { service, upTo } = await startLogged()
    const app = await startApp(service.url)
    const { socketId } = await connect(service)
    const body = new URLSearchParams({ socket_id: socketId, channel_name: 'private-a' })
    await fetch(`${app}/pingerchips/auth`, { method: 'POST', body })
    expect((await upTo('decision')).at(-1)).toMatchObject({ app: 'local', channel: 'private-a', reason: 'no_user' })
  })

  test('reports nothing in production', async () => {
    const { service, entries, upTo } = await startLogged()
    const [production, development] = [
      await startApp(service.url, { NODE_ENV: 'production' }),
      await startApp(service.url),
    ]
    for (const [app, name] of [
      [production, 'private-production'],
      [development, 'private-development'],
    ])
      await fetch(`${app}/pingerchips/auth`, {
        method: 'POST',
        body: new URLSearchParams({ socket_id: '1.1', channel_name: String(name) }),
      })
    expect((await upTo('decision')).at(-1)).toMatchObject({ channel: 'private-development' })
    expect(entries.filter(({ type }) => type === 'decision')).toEqual([])
  })
})

describe('POST /decisions', () => {
  const decision = { type: 'subscribe', outcome: 'refused', channel: 'private-a', request: {} }
  const post = (body: string, secret?: string, key = 'local-key') => ({
    path: '/decisions',
    body,
    headers: { 'x-app-key': key, 'x-signature': hmac(body, secret) },
  })

  test.each<[string, ReturnType<typeof post>, number]>([
    ['another secret', post(JSON.stringify(decision), 'x'), 403],
    ['an unknown key', post(JSON.stringify(decision), undefined, 'x'), 403],
    ['no JSON', post('{'), 400],
    ['no decision', post('{}'), 422],
    ['another outcome', post(JSON.stringify({ ...decision, outcome: 'maybe' })), 422],
    ['a decision', post(JSON.stringify(decision)), 200],
    ['fields of another type', post(JSON.stringify({ ...decision, channel: {}, rule: [], duration: 'x' })), 200],
  ])('%s: %i', async (_what, request, status) => {
    const { service } = await startLogged()
    expect(await ask(service, request)).toMatchObject({ status })
  })
})
