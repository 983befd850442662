import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { App, Explanation, LogEntry } from '../src/index.ts'
import { ask, connect, dial, hmac, type RawClient, signed, startLogged } from './harness.ts'

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
