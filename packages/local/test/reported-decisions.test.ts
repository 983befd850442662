import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { defaultApp } from '../src/index.ts'
import { ask, connect, hmac, startLogged } from './harness.ts'

const script = `
  import { createServer } from 'node:http'
  import { nodeHandler } from '@pingerchips/core/node'
  const handler = nodeHandler({ user: () => null, authorize: () => false, onError() {} })
  const server = createServer((request, response) => {
    if (request.url !== '/pingerchips/auth') return response.writeHead(404).end()
    if (request.headers['x-read'] !== undefined) return request.resume().on('end', () => handler(request, response))
    return handler(request, response)
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

/** An app in another process with the usual variables and nothing else. @returns its address */
async function startApp(url: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
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

const form = (channel: string, socketId = '1.1') => new URLSearchParams({ socket_id: socketId, channel_name: channel })

describe('an app in another process reports its decisions to the service:', () => {
  test('a refusal, beside the connection', async () => {
    const { service, upTo } = await startLogged()
    const app = await startApp(service.url)
    const { socketId } = await connect(service)
    await fetch(`${app}/pingerchips/auth`, { method: 'POST', body: form('private-a', socketId) })
    expect((await upTo('decision')).at(-1)).toMatchObject({
      app: 'local',
      socketId,
      channel: 'private-a',
      reason: 'no_user',
      explanation: { text: expect.stringContaining('no session cookie') },
    })
  })

  test.each<[string, string, RequestInit, object, RegExp]>([
    [
      'a wrong path',
      '/pusher/auth',
      { body: form('private-a') },
      { reason: 'not_found', status: 404 },
      /POST \/pusher\/auth/,
    ],
    [
      'a wrong path of a sign-in',
      '/pusher/user-auth',
      { body: form('x') },
      { request: 'signin' },
      /userAuthentication/,
    ],
    [
      'a wrong content type',
      '/pingerchips/auth',
      { body: '{}', headers: { 'content-type': 'text/plain' } },
      { reason: 'content_type', status: 415 },
      /application\/json/,
    ],
    [
      'a body that was read before',
      '/pingerchips/auth',
      { body: form('private-a'), headers: { 'x-read': '1' } },
      { outcome: 'failed', error: expect.stringContaining('read the request body') },
      /Mount the endpoint before/,
    ],
  ])('%s', async (_what, path, init, expected, explanation) => {
    const { service, upTo } = await startLogged()
    const app = await startApp(service.url)
    await fetch(app + path, { method: 'POST', ...init })
    expect((await upTo('decision')).at(-1)).toMatchObject({
      app: 'local',
      ...expected,
      explanation: { text: expect.stringMatching(explanation) },
    })
  })

  test('nothing in production', async () => {
    const { service, entries, upTo } = await startLogged()
    const production = await startApp(service.url, { NODE_ENV: 'production' })
    const development = await startApp(service.url)
    for (const path of ['/pingerchips/auth', '/pusher/auth'])
      await fetch(production + path, { method: 'POST', body: form('private-production') })
    await fetch(`${development}/pingerchips/auth`, { method: 'POST', body: form('private-development') })
    expect((await upTo('decision')).at(-1)).toMatchObject({ channel: 'private-development' })
    expect(entries.filter(({ type }) => type === 'decision')).toEqual([])
  })
})

describe('POST /decisions', () => {
  const decision = { type: 'subscribe', outcome: 'refused', channel: 'private-a', request: {} }
  const post = (
    body: string,
    { secret, key = 'local-key', line = 'pingerchips:decisions\n' }: Record<string, string> = {},
  ) => ({
    path: '/decisions',
    body,
    headers: { 'x-app-key': key, 'x-signature': hmac(line + body, secret) },
  })
  const list = (...decisions: unknown[]) => JSON.stringify({ decisions })

  test.each<[string, ReturnType<typeof post>, number]>([
    ['another secret', post(list(decision), { secret: 'x' }), 403],
    ['an unknown key', post(list(decision), { key: 'x' }), 403],
    ['a signature of a webhook', post(list(decision), { line: '' }), 403],
    ['no JSON', post('{'), 400],
    ['no decisions', post('{}'), 422],
    ['no decision', post(list({})), 422],
    ['another outcome', post(list({ ...decision, outcome: 'maybe' })), 422],
    ['decisions', post(list(decision, decision)), 200],
    ['fields of another type', post(list({ ...decision, channel: {}, rule: [], duration: 'x' })), 200],
  ])('%s', async (_what, request, status) => {
    const { service } = await startLogged()
    expect(await ask(service, request)).toMatchObject({ status })
  })

  test('a decision that was received before is logged once', async () => {
    const { service, entries } = await startLogged()
    const decisions = ['a', 'a', 'b'].map((id) => ({ ...decision, id }))
    await ask(service, post(list(...decisions)))
    await ask(service, post(list(...decisions)))
    expect(entries.filter(({ type }) => type === 'decision')).toHaveLength(2)
  })
})
