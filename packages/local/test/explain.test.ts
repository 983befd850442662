import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { App, Explanation, LogEntry } from '../src/index.ts'
import { type Ask, ask, connect, dial, hmac, pusherRequest, type RawClient, signed, startLogged } from './harness.ts'

const app: App = { id: 'local', key: 'local-key', secret: 'local-secret', token: 'local-token' }
const other: App = { id: 'other', key: 'other-key', secret: 'other-secret', token: 'other-token' }

function explanationOf(entries: readonly LogEntry[]): Explanation | undefined {
  const last = entries.at(-1)
  const explanation = last !== undefined && 'explanation' in last ? last.explanation : undefined
  for (const { secret } of [app, other]) expect(inspect(explanation)).not.toContain(secret)
  return explanation
}

describe('explains a wrong channel authorization:', () => {
  interface Mistake {
    readonly channel?: string
    readonly data?: string
    /** The auth, or what is signed in place of the string to sign. */
    readonly auth?: unknown
    readonly signs?: (own: string, elsewhere: string, ended: string) => string
    readonly says: RegExp
  }
  const member = '{"user_id":"1","user_info":{"name":"Ada"}}'
  const presence = { channel: 'presence-room', data: member }
  const of = (text: string, secret?: string) => `local-key:${hmac(text, secret)}`
  const mistakes: Record<string, Mistake> = {
    'no auth': { auth: undefined, says: /There is no auth/ },
    'auth without a key': { auth: 'a'.repeat(64), says: /no key/ },
    'the key of another app': { auth: `other-key:${'a'.repeat(64)}`, says: /key of the app other/ },
    'the secret for a key': { auth: `other-secret:${'a'.repeat(64)}`, says: /a key that no app here has/ },
    'an empty signature': { auth: 'local-key:', says: /no signature/ },
    'upper case': { auth: `local-key:${'A'.repeat(64)}`, says: /upper-case/ },
    base64: { auth: `local-key:${createHmac('sha256', 's').digest('base64')}`, says: /base64/ },
    'another digest': { auth: `local-key:${createHash('sha1').digest('hex')}`, says: /40 characters, as a SHA-1/ },
    'another length': { auth: 'local-key:abc', says: /3 characters\./ },
    'another connection': { signs: (_, id) => `${id}:private-a`, says: /another connection, \d+\.\d+; this one is/ },
    'a connection that ended': { signs: (_own, _id, id) => `${id}:private-a`, says: /\d, which has ended; this one/ },
    'another channel': {
      signs: (id) => `${id}:news`,
      says: /another channel, news; the client subscribes to private-a/,
    },
    'no prefix': { signs: (id) => `${id}:a`, says: /signed for the channel a, .*with its prefix/ },
    'another prefix': { signs: (id) => `${id}:presence-a`, says: /signed for the channel presence-a/ },
    'channel first': { signs: (id) => `private-a:${id}`, says: /wrong order/ },
    'no channel_data': { ...presence, signs: (id) => `${id}:presence-room`, says: /without channel_data/ },
    'channel_data that was not sent': {
      channel: 'presence-room',
      signs: (id) => `${id}:presence-room:${member}`,
      says: /forwarded no channel_data.*PINGERCHIPS_APP_SECRET of the app differs/,
    },
    'channel_data with spaces': {
      ...presence,
      signs: (id) => `${id}:presence-room:{"user_id": "1", "user_info": {"name": "Ada"}}`,
      says: /different texts of the same JSON/,
    },
    'channel_data in another order': {
      ...presence,
      signs: (id) => `${id}:presence-room:{"user_info":{"name":"Ada"},"user_id":"1"}`,
      says: /different texts of the same JSON/,
    },
    'a sign-in': { ...presence, signs: (id) => `${id}::user::${member}`, says: /signature of a sign-in/ },
    'anything else': { signs: (id) => `${id}/private-a`, says: /PINGERCHIPS_APP_SECRET of the app differs/ },
  }

  test.each(Object.entries(mistakes))('%s', async (_what, mistake) => {
    const { channel = 'private-a', data, signs, says } = mistake
    const { service, upTo } = await startLogged({ apps: [app, other] })
    const [client, otherClient, gone] = [await connect(service), await connect(service), await connect(service)]
    await otherClient.subscribe('news')
    gone.close()
    await upTo('disconnected')
    const signedText = signs?.(client.socketId, otherClient.socketId, gone.socketId)
    const auth = signedText === undefined ? mistake.auth : of(signedText)
    await client.subscribe(channel, { auth, channel_data: data })
    const stringToSign = [client.socketId, channel, ...(data === undefined ? [] : [data])].join(':')
    const explanation = explanationOf(await upTo('subscription_refused'))
    expect(explanation).toMatchObject({ text: expect.stringMatching(says), stringToSign })
    const found = signedText !== undefined && !says.source.includes('PINGERCHIPS_APP_SECRET of the app differs')
    expect(explanation?.signed).toBe(found ? signedText : undefined)
  })

  test.each<[string, string, RegExp]>([
    ['of another app', 'other-secret', /secret of the app other/],
    ['that is the key', 'local-key', /app's key in place/],
    ['that is the token', 'local-token', /app's token in place/],
    ['with a line feed', 'local-secret\n', /white space/],
    ['in quotes', '"local-secret"', /in quotes/],
    ['of no app', 'unknown', /PINGERCHIPS_APP_SECRET of the app differs/],
  ])('a secret %s', async (_what, secret, says) => {
    const { service, upTo } = await startLogged({ apps: [app, other] })
    const client = await connect(service)
    await client.subscribe('private-a', { auth: of(`${client.socketId}:private-a`, secret) })
    expect(explanationOf(await upTo('subscription_refused'))).toMatchObject({
      text: expect.stringMatching(says),
      stringToSign: `${client.socketId}:private-a`,
    })
  })

  test('a presence channel without a member', async () => {
    const { service, upTo } = await startLogged()
    const client = await connect(service)
    await client.subscribe('presence-a', { auth: of(`${client.socketId}:presence-a`) })
    expect(explanationOf(await upTo('subscription_refused'))?.text).toContain('{ user_id, user_info } instead of true')
  })

  test('the channel of a user, without a sign-in', async () => {
    const { service, upTo } = await startLogged()
    const client = await connect(service)
    await client.subscribe('#server-to-user-ada')
    expect(explanationOf(await upTo('subscription_refused'))?.text).toContain('not signed in')
  })

  test('and sends the client no explanation', async () => {
    const { service } = await startLogged()
    const client = await connect(service)
    const answer = await client.subscribe('private-a', { auth: of(`${client.socketId}:a`) })
    expect(JSON.stringify(answer)).not.toMatch(/with its prefix|:private-a"/)
  })
})

describe('explains a wrong sign-in:', () => {
  const user = '{"id":"ada"}'
  test.each<[string, (own: string, elsewhere: string) => string, RegExp]>([
    ['one colon', (id) => `${id}:user:${user}`, /SOCKET::user::USER_DATA, with two colons/],
    ['signed as a channel', (id) => `${id}:${user}`, /Another string was signed/],
    [
      'with spaces',
      (id) => `${id}::user::{"id": "ada"}`,
      /user_data that was signed and the user_data that was returned are different/,
    ],
    ['another connection', (_, id) => `${id}::user::${user}`, /another connection/],
  ])('%s', async (_what, signs, says) => {
    const { service, upTo } = await startLogged()
    const [client, otherClient] = [await connect(service), await connect(service)]
    const text = signs(client.socketId, otherClient.socketId)
    client.send({ event: 'pusher:signin', data: { auth: `local-key:${hmac(text)}`, user_data: user } })
    expect(explanationOf(await upTo('signin_refused'))).toEqual({
      text: expect.stringMatching(says),
      stringToSign: `${client.socketId}::user::${user}`,
      signed: text,
    })
  })
})

describe('explains a wrong request:', () => {
  const body = '{"channel":"news","event":"greeting","data":{"n":1}}'
  const path = '/api/apps/local-key/trigger'
  const now = Math.floor(Date.now() / 1000)
  const at = String(now)
  const signs = (text: string, search = ''): Ask => signed(body, { timestamp: at, signature: hmac(text), search })
  const pusherBody = JSON.stringify({ name: 'greeting', channel: 'news', data: '1' })
  const events = '/apps/local/events'
  const query = (more = '') =>
    `auth_key=local-key&auth_timestamp=${at}&auth_version=1.0&body_md5=${createHash('md5').update(pusherBody).digest('hex')}${more}`
  const pusherSigns = (text: string, sent = query()): Ask => ({
    path: `${events}?${sent}&auth_signature=${hmac(text)}`,
    body: pusherBody,
  })
  const unsorted = query().split('&').reverse().join('&')

  test.each<[string, Ask, RegExp]>([
    ['the secret of another app', signed(body, { secret: 'other-secret' }), /secret of the app other/],
    ['a wrong secret', signed(body, { secret: 'unknown-secret' }), /Most likely the secret is wrong/],
    ['no signature', { path, body, headers: { 'X-App-Key': 'local-key', 'X-Timestamp': at } }, /no signature/],
    [
      'an unknown key',
      signed(body, { key: 'unknown' }),
      /No app here has this key. The keys are: local-key, other-key/,
    ],
    ['another X-App-Key', signed(body, { appKey: 'other-key' }), /X-App-Key must be the key in the path, local-key/],
    [
      'the body written twice',
      { ...signs(`POST\n${path}\n${at}\n${body}`), body: `${body}\n` },
      /body that was signed is not/,
    ],
    ['a path without /api', signed(body, { signedPath: '/apps/local-key/trigger' }), /Another path was signed/],
    ['a path with its query', signs(`POST\n${path}?v=1\n${at}\n${body}`, '?v=1'), /Another path was signed, .*\?v=1/],
    ['the method in lower case', signs(`post\n${path}\n${at}\n${body}`), /lower case/],
    ['no line feeds', signs(`POST${path}${at}${body}`), /one line feed/],
    ['a clock behind', signed(body, { timestamp: String(now - 423) }), /clock of the sender is 7 min \d+ s behind/],
    ['a clock ahead', signed(body, { timestamp: String(now + 90_000) }), /1 days ahead of/],
    ['milliseconds', signed(body, { timestamp: `${now}000` }), /in milliseconds/],
    ['a date', signed(body, { timestamp: '2026-01-01' }), /in digits only/],

    ['another token', { path: '/api/trigger', headers: { token: 'x' }, body: '{"appId":"local"}' }, /another token/],
    ['no token', { path: '/api/trigger', body: '{"appId":"local"}' }, /no token header/],
    [
      'the key for a token',
      { path: '/api/trigger', headers: { token: 'local-key' }, body: '{"appId":"local"}' },
      /the key of the app/,
    ],
    [
      'the secret for a token',
      { path: '/api/trigger', headers: { token: 'local-secret' }, body: '{"appId":"local"}' },
      /the secret of the app/,
    ],
    [
      "another app's token",
      { path: '/api/trigger', headers: { token: 'other-token' }, body: '{"appId":"local"}' },
      /token of the app other/,
    ],
    [
      'an unknown id',
      { path: '/api/trigger', body: '{"appId":"unknown"}' },
      /No app here has this id. The ids are: local, other/,
    ],

    [
      'Pusher: a wrong secret',
      pusherRequest('POST', events, pusherBody, {}, 'unknown-secret'),
      /Most likely the secret/,
    ],
    ['Pusher: the query as sent', pusherSigns(`POST\n${events}\n${unsorted}`, unsorted), /in the order of the request/],
    [
      'Pusher: the query escaped',
      pusherSigns(`POST\n${events}\n${query('&info=a%2Cb')}`, query('&info=a%2Cb')),
      /with its escapes/,
    ],
    [
      'Pusher: no body_md5 signed',
      pusherSigns(`POST\n${events}\n${query().replace(/&body_md5=.*/, '')}`),
      /signed without body_md5/,
    ],
    ['Pusher: another method', pusherSigns(`GET\n${events}\n${query()}`), /method was signed as GET/],
    ['Pusher: another path', pusherSigns(`POST\n/api${events}\n${query()}`), /Another path was signed, \/api\/apps/],
    [
      'Pusher: another body',
      { ...pusherSigns(`POST\n${events}\n${query()}`), body: `${pusherBody} ` },
      /body_md5 is not/,
    ],
    ['Pusher: no body_md5', pusherRequest('POST', events, pusherBody, { body_md5: undefined }), /has no body_md5/],
    ['Pusher: no version', pusherRequest('POST', events, pusherBody, { auth_version: undefined }), /auth_version=1.0/],
    ['Pusher: no key', pusherRequest('POST', events, pusherBody, { auth_key: undefined }), /has no auth_key/],
    [
      "Pusher: another app's key",
      pusherRequest('POST', events, pusherBody, { auth_key: 'other-key' }),
      /auth_key is not its key/,
    ],
    [
      'Pusher: a clock behind',
      pusherRequest('POST', events, pusherBody, { auth_timestamp: String(now - 4000) }),
      /1 h 6 min behind/,
    ],
  ])('%s', async (_what, request, says) => {
    const { service, upTo } = await startLogged({ apps: [app, other] })
    await ask(service, request)
    expect(explanationOf(await upTo('request'))?.text).toMatch(says)
  })
})

describe('explains a refused connection:', () => {
  test.each<[string, (socket: Awaited<ReturnType<typeof startLogged>>['service']) => RawClient, RegExp]>([
    ['key', (service) => dial(service, '/app/unknown?protocol=7'), /No app here has this key. The keys are: local-key/],
    ['origin', (service) => dial(service, undefined, { origin: 'https://a.test' }), /https:\/\/a\.test.*`origins`/],
  ])('%s', async (_what, attempt, says) => {
    const { service, upTo } = await startLogged()
    await attempt(service).closed
    expect(explanationOf(await upTo('connection_refused'))?.text).toMatch(says)
  })
})

describe('explains hostile input without failing:', () => {
  // What JSON.parse takes, and JSON.stringify does not.
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const wrong = 'a'.repeat(64)

  test('deeply nested JSON', async () => {
    const { service, upTo } = await startLogged()
    const client = await connect(service)
    await client.subscribe('presence-a', { auth: `local-key:${wrong}`, channel_data: deep })
    expect(explanationOf(await upTo('subscription_refused'))?.text).toContain('secret is wrong')
    await ask(service, signed(deep, { signature: wrong }))
    expect(explanationOf(await upTo('request'))?.text).toContain('the secret is wrong')
    client.send({ event: 'pusher:signin', data: { auth: `local-key:${wrong}`, user_data: deep } })
    expect(explanationOf(await upTo('signin_refused'))?.text).toContain('the secret is wrong')
  })

  test('more than 20 query parameters', async () => {
    const { service } = await startLogged()
    const query = Array.from({ length: 21 }, (_, index) => `p${index}=1`).join('&')
    expect(await ask(service, { method: 'GET', path: `/apps/local/channels?${query}` })).toMatchObject({
      status: 400,
      body: { error: 'Too many query parameters (max 20)' },
    })
  })

  test('a secret in the place of a key, which is not logged', async () => {
    const { service, upTo } = await startLogged()
    await ask(service, { path: '/api/apps/canary-secret/trigger', body: '{}' })
    await ask(service, { path: '/apps/canary-secret/events', body: '{}' })
    await ask(service, { path: '/apps/canary-secret/unknown', body: '{}' })
    await ask(service, { path: '/app/canary-secret', method: 'GET' })
    const entries = []
    for (let i = 0; i < 4; i++) entries.push(...(await upTo('request')))
    expect(entries.map((entry) => entry.type === 'request' && entry.path)).toEqual([
      '/api/apps/{key}/trigger',
      '/apps/{id}/events',
      '/apps/…/unknown',
      '/app/…',
    ])
    expect(inspect(entries, { depth: 9 })).not.toContain('canary-secret')
  })
})
