import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { channelRules, PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { defaultApp } from '../src/index.ts'
import { startLocal } from '../src/testing.ts'
import { connect, startLogged } from './harness.ts'

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
