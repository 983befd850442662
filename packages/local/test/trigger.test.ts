import { describe, expect, test } from 'vitest'
import { defaultApp, type LocalService } from '../src/index.ts'
import { type Ask, ask, connect, hmac, pusherRequest, signed, start } from './harness.ts'

const now = 1_700_000_000_000
const seconds = String(now / 1000)
const event = (fields: object) => JSON.stringify({ channel: 'lobby', event: 'hello', data: 1, ...fields })
const pusherEvent = (fields: object) => JSON.stringify({ name: 'hello', data: '1', channel: 'lobby', ...fields })

const byToken = (body: string, token: string | undefined = defaultApp.token): Ask => ({
  path: '/api/trigger',
  headers: token === undefined ? {} : { token },
  body,
})
const tokenEvent = (fields: object) => event({ appId: 'local', ...fields })

const expired = { status: 403, body: { error: 'Request timestamp expired (max 5 minutes)' } }
const invalid = { status: 403, body: { error: 'Invalid signature' } }
const notFound = { status: 404, body: { error: 'App not found' } }
const badToken = { status: 403, body: { error: 'Invalid token' } }
const served = { status: 200, body: { ok: true } }
const failed = (text: string) => ({
  status: 422,
  body: { error: expect.stringMatching(new RegExp(`^Validation failed: .*${text}`)) },
})

describe('the signed protocol:', () => {
  const sign = (body: string | Uint8Array, changes = {}) => signed(body, { timestamp: seconds, ...changes })
  const body = event({})
  const rightSignature = hmac(`POST\n/api/apps/local-key/trigger\n${seconds}\n${body}`)

  test.each([
    ['right', sign(body, { signature: rightSignature }), served],
    ['a query is not signed', sign(body, { search: '?x=1' }), served],
    ['another secret', sign(body, { secret: 'x' }), invalid],
    ['another path signed', sign(body, { signedPath: '/apps/local-key/trigger' }), invalid],
    ['key of another app in the header', sign(body, { appKey: 'other' }), invalid],
    ['no signature', { ...sign(body), headers: {} }, invalid],
    ['empty signature', sign(body, { signature: '' }), invalid],
    ['short signature', sign(body, { signature: 'ab' }), invalid],
    ['long signature', sign(body, { signature: 'a'.repeat(10_000) }), invalid],
    ['not hex', sign(body, { signature: 'z'.repeat(64) }), invalid],
    ['upper case', sign(body, { signature: rightSignature.toUpperCase() }), invalid],
    ['another body than was signed', { ...sign(body), body: event({ data: 2 }) }, invalid],
    ['unknown app', sign(body, { key: 'unknown' }), notFound],
    ['app with a prototype name', sign(body, { key: '__proto__' }), notFound],
    ['5 minutes old', sign(body, { timestamp: String(now / 1000 - 300) }), served],
    ['older', sign(body, { timestamp: String(now / 1000 - 301) }), expired],
    ['5 minutes ahead', sign(body, { timestamp: String(now / 1000 + 300) }), served],
    ['further ahead', sign(body, { timestamp: String(now / 1000 + 301) }), expired],
    ['lax digits', sign(body, { timestamp: `${seconds}junk` }), expired],
    ['exponent', sign(body, { timestamp: '17e8' }), expired],
    ['milliseconds', sign(body, { timestamp: String(now) }), expired],
    ['another key order', sign('{"event":"e","channel":"lobby","data":1}'), failed('order')],
    ['no data', sign('{"channel":"lobby","event":"e"}'), failed('order')],
    ['one key too many', sign(event({ socket_id: '1.1' })), failed('nothing else')],
    ['not JSON', sign('{'), { status: 400, body: { error: 'The body is not JSON' } }],
    ['empty', sign(''), { status: 400, body: { error: 'The body is not JSON' } }],
    ['not UTF-8', sign(Buffer.from([0x22, 0xff, 0x22])), { status: 400, body: { error: 'The body is not UTF-8' } }],
    ['an array', sign('[]'), failed('object')],
    ['null', sign('null'), failed('object')],
    ['empty channel', sign(event({ channel: '' })), failed('channel')],
    ['channel as array', sign(event({ channel: ['lobby'] })), failed('channel')],
    ['channel of 200', sign(event({ channel: 'c'.repeat(200) })), served],
    ['channel of 201', sign(event({ channel: 'c'.repeat(201) })), failed('channel')],
    ['colon in the channel', sign(event({ channel: 'a:b' })), failed('channel')],
    ['line end after the channel', sign(event({ channel: 'a\n' })), failed('channel')],
    ['one user', sign(event({ channel: '#server-to-user-1' })), failed('channel')],
    ['empty event', sign(event({ event: '' })), failed('event name')],
    ['event of 200', sign(event({ event: 'é'.repeat(200) })), served],
    ['event of 201', sign(event({ event: 'e'.repeat(201) })), failed('event name')],
    ['event as number', sign(event({ event: 1 })), failed('event name')],
    ['data null', sign(event({ data: null })), served],
    ['65,536 bytes of data', sign(event({ data: 'x'.repeat(65_534) })), served],
    ['one more', sign(event({ data: 'x'.repeat(65_535) })), failed('65536 bytes')],
    ['bytes, not characters', sign(event({ data: 'é'.repeat(40_000) })), failed('65536 bytes')],
  ])('%s', async (_, request, expected) => {
    const service = await start({ now: () => now })
    expect(await ask(service, request)).toMatchObject(expected)
  })

  test('data that is nested too deeply is refused or sent whole', async () => {
    const service = await start()
    const deep = '['.repeat(30_000) + ']'.repeat(30_000)
    const { status } = await ask(service, signed(`{"channel":"a","event":"e","data":${deep}}`))
    expect([200, 422]).toContain(status)
  })
})

describe('the token protocol:', () => {
  const apps = [defaultApp, { id: 'bare', key: 'bare-key', secret: 's' }]
  test.each([
    ['right', byToken(tokenEvent({})), served],
    ['no token', { ...byToken(tokenEvent({})), headers: {} }, badToken],
    ['empty token', byToken(tokenEvent({}), ''), badToken],
    ['wrong token', byToken(tokenEvent({}), 'local-tokeN'), badToken],
    ['an app without a token', byToken(tokenEvent({ appId: 'bare' }), 'undefined'), badToken],
    ['unknown app', byToken(tokenEvent({ appId: 'unknown' })), notFound],
    ['no app', byToken(event({})), failed('appId')],
    ['not JSON', byToken('no'), { status: 400, body: { error: 'The body is not JSON' } }],
    ['no data', byToken('{"appId":"local","channel":"a","event":"e"}'), failed('data')],
    ['bad channel', byToken(tokenEvent({ channel: 'ä' })), failed('channel')],
    ['one user', byToken(tokenEvent({ channel: '#server-to-user-1' })), failed('channel')],
  ])('%s', async (_, request, expected) => {
    expect(await ask(await start({ apps }), request)).toMatchObject(expected)
  })
})

describe('the Pusher HTTP API:', () => {
  const post = (body: string, changes = {}, secret?: string) =>
    pusherRequest('POST', '/apps/local/events', body, { auth_timestamp: seconds, ...changes }, secret)
  const batch = (events: unknown) =>
    pusherRequest('POST', '/apps/local/batch_events', JSON.stringify({ batch: events }), { auth_timestamp: seconds })
  const get = (path: string, changes = {}) =>
    pusherRequest('GET', `/apps/local/${path}`, '', { auth_timestamp: seconds, ...changes })
  const terminate = (user: string, body = '{}', changes = {}, secret?: string) =>
    pusherRequest(
      'POST',
      `/apps/local/users/${user}/terminate_connections`,
      body,
      { auth_timestamp: seconds, ...changes },
      secret,
    )
  const body = pusherEvent({})
  const entry = { name: 'hello', channel: 'lobby', data: '1' }
  const ok = { status: 200, body: {} }
  // Statuses are Pusher's own: https://pusher.com/docs/channels/library_auth_reference/rest-api/
  const invalid = { status: 401, body: { error: 'Invalid signature' } }
  const expired = { status: 401, body: { error: 'Request timestamp expired (max 5 minutes)' } }
  const failed = (text: string, status = 400) => ({
    status,
    body: { error: expect.stringMatching(new RegExp(`^Validation failed: .*${text}`)) },
  })

  test.each([
    ['right', post(body), ok],
    ['another secret', post(body, {}, 'x'), invalid],
    ['no signature', { path: '/apps/local/events', body }, invalid],
    ['no key', post(body, { auth_key: undefined }), invalid],
    ['no digest', post(body, { body_md5: undefined }), invalid],
    ['digest of another body', { ...post(body), body: pusherEvent({ data: '2' }) }, invalid],
    ['no version', post(body, { auth_version: undefined }), invalid],
    ['another version', post(body, { auth_version: '2.0' }), invalid],
    ['a parameter after signing', { ...post(body), path: `${post(body).path}&x=1` }, invalid],
    ['a parameter twice, signed so', post(body, { auth_version: '1.0&auth_version=1.0' }), invalid],
    ['unknown key', post(body, { auth_key: 'unknown' }), notFound],
    ['unknown app', pusherRequest('POST', '/apps/unknown/events', body), notFound],
    ['too old', post(body, { auth_timestamp: String(now / 1000 - 301) }), expired],
    ['too new', post(body, { auth_timestamp: String(now / 1000 + 301) }), expired],
    ['no time', post(body, { auth_timestamp: undefined }), expired],
    ['not JSON', post('{'), { status: 400, body: { error: 'The body is not JSON' } }],
    ['data not text', post(pusherEvent({ data: {} })), failed('data')],
    ['too much data', post(pusherEvent({ data: 'x'.repeat(65_537) })), failed('65536 bytes', 413)],
    ['bad socket id', post(pusherEvent({ socket_id: '1.1:x' })), failed('socket_id')],
    ['100 channels', post(pusherEvent({ channels: Array(100).fill('a') })), ok],
    ['101 channels', post(pusherEvent({ channels: Array(101).fill('a') })), failed('100')],
    ['no channels', post(pusherEvent({ channels: [] })), failed('channels')],
    ['channels as text', post(pusherEvent({ channels: 'a' })), failed('channels')],
    ['no channel at all', post('{"name":"e","data":"1"}'), failed('channel')],
    ['one bad channel of two', post(pusherEvent({ channels: ['a', 'b c'] })), failed('channel')],
    ['one user', post(pusherEvent({ channel: '#server-to-user-a b:c' })), ok],
    ['one user of 184', post(pusherEvent({ channel: `#server-to-user-${'u'.repeat(184)}` })), ok],
    ['one user of 185', post(pusherEvent({ channel: `#server-to-user-${'u'.repeat(185)}` })), failed('channel')],
    ['one user without an id', post(pusherEvent({ channel: '#server-to-user-' })), failed('channel')],
    ['half a character of a user', post(pusherEvent({ channel: '#server-to-user-\ud800' })), failed('channel')],
    ['another #', post(pusherEvent({ channel: '#server-to-users-1' })), failed('channel')],
    ['one user, in another case', post(pusherEvent({ channel: '#Server-To-User-1' })), failed('channel')],
    ['one user in a batch', batch([entry, { ...entry, channel: '#server-to-user-1' }]), ok],
    ['one bad user in a batch', batch([entry, { ...entry, channel: '#server-to-user-' }]), failed('channel')],
    ['10 in a batch', batch(Array(10).fill(entry)), ok],
    ['11 in a batch', batch(Array(11).fill(entry)), failed('10 events')],
    ['none in a batch', batch([]), failed('10 events')],
    ['no batch', batch(undefined), failed('10 events')],
    ['a batch of null', batch([null]), failed('object')],
    ['unknown info', get('channels', { info: 'secrets' }), failed('info')],
    ['user counts of all', get('channels', { info: 'user_count' }), failed('user_count')],
    ['user count of a public one', get('channels/a', { info: 'user_count' }), failed('user_count')],
    ['users of a public one', get('channels/a/users'), failed('presence')],
    ['users of a bad name', get('channels/a%3Ab/users'), failed('channel name')],
    ['a bad escape', get('channels/%E0%A4%A/users'), { status: 404, body: { error: 'Not found' } }],
    ['an empty channel', get('channels/unknown'), { status: 200, body: { occupied: false } }],
    ['a user by its channel', get('channels/%23server-to-user-1'), failed('channel name')],
    ['ending an unknown user', terminate('unknown'), ok],
    ['ending an unknown user without a body', terminate('unknown', ''), ok],
    ['ending with another secret', terminate('1', '{}', {}, 'x'), invalid],
    ['ending another than was signed', { ...terminate('1'), path: terminate('1').path.replace('/1/', '/2/') }, invalid],
    ['ending too late', terminate('1', '{}', { auth_timestamp: String(now / 1000 - 301) }), expired],
    ['ending unsigned', { path: '/apps/local/users/1/terminate_connections' }, invalid],
    ['cache of an ordinary channel', get('channels/a', { info: 'cache' }), failed('cache')],
    ['cache of all', get('channels', { info: 'cache' }), failed('info')],
    ['unknown info of an event', post(pusherEvent({ info: 'secrets' })), failed('info')],
    ['info of an event that is no text', post(pusherEvent({ info: ['user_count'] })), failed('info')],
    ['user counts of a public channel', post(pusherEvent({ info: 'user_count' })), failed('user_count')],
    ['unknown info in a batch', batch([entry, { ...entry, info: 'x' }]), failed('info')],
    ['an unsigned GET', { method: 'GET', path: '/apps/local/channels' }, invalid],
  ])('%s', async (_, request, expected) => {
    const service = await start({ now: () => now })
    expect(await ask(service, request)).toMatchObject(expected)
  })
})

describe('the rate limit', () => {
  const limited = { status: 429, body: { error: 'Rate limit exceeded' }, headers: { 'retry-after': '1' } }
  let clock = now
  const send = (service: LocalService) =>
    ask(service, signed(event({}), { timestamp: String(Math.floor(clock / 1000)) }))

  test('counts per app and second, over all protocols', async () => {
    clock = now
    const other = { id: 'other', key: 'other-key', secret: 's', token: 't' }
    const service = await start({ apps: [defaultApp, other], eventsPerSecond: 3, now: () => clock })
    expect(await send(service)).toMatchObject(served)
    expect(await ask(service, byToken(tokenEvent({})))).toMatchObject(served)
    expect(await send(service)).toMatchObject(served)
    expect(await send(service)).toMatchObject(limited)
    expect(await ask(service, byToken(tokenEvent({})))).toMatchObject(limited)
    expect(await ask(service, byToken(tokenEvent({ appId: 'other' }), 't'))).toMatchObject(served)
    clock += 999
    expect(await send(service)).toMatchObject(limited)
    clock += 1
    for (let count = 0; count < 3; count += 1) expect(await send(service)).toMatchObject(served)
    expect(await send(service)).toMatchObject(limited)
    // A clock set back opens a new window instead of closing this one for good.
    clock -= 100_000
    expect(await send(service)).toMatchObject(served)
  })

  test('counts every channel of an event, and refuses all of a request', async () => {
    const service = await start({ eventsPerSecond: 3, now: () => now })
    const client = await connect(service)
    await client.subscribe('a')
    const timestamp = { auth_timestamp: seconds }
    const post = (channels: string[]) =>
      pusherRequest('POST', '/apps/local/events', pusherEvent({ channels }), timestamp)
    expect(await ask(service, post(['a', 'b', 'c', 'd']))).toMatchObject(limited)
    expect(await client.pending()).toEqual([])
    expect(await ask(service, post(['a', 'b', 'c']))).toMatchObject({ status: 200 })
    expect(await client.pending()).toHaveLength(1)
  })

  test('counts no unauthenticated request', async () => {
    const service = await start({ eventsPerSecond: 1, now: () => now })
    for (let count = 0; count < 3; count += 1)
      expect(await ask(service, signed(event({}), { timestamp: seconds, secret: 'x' }))).toMatchObject(invalid)
    expect(await ask(service, signed(event({}), { timestamp: seconds }))).toMatchObject(served)
  })
})

describe('clients receive', () => {
  test.each([{ a: [1, 'é'] }, 'text', '', 0, null, false])(
    'the JSON of the data, by both Pingerchips protocols: %j',
    async (data) => {
      const service = await start()
      const client = await connect(service)
      await client.subscribe('lobby')
      expect(await ask(service, signed(event({ data })))).toMatchObject(served)
      expect(await ask(service, byToken(tokenEvent({ data })))).toMatchObject(served)
      const frame = { event: 'hello', channel: 'lobby', data: JSON.stringify(data) }
      expect(await client.pending()).toEqual([frame, frame])
    },
  )

  test('the text itself by the Pusher HTTP API', async () => {
    const service = await start()
    const client = await connect(service)
    await client.subscribe('lobby')
    await ask(service, pusherRequest('POST', '/apps/local/events', pusherEvent({ data: 'not "JSON"' })))
    expect(await client.pending()).toEqual([{ event: 'hello', channel: 'lobby', data: 'not "JSON"' }])
  })

  test('no event of another app', async () => {
    const other = { id: 'other', key: 'other-key', secret: defaultApp.secret }
    const service = await start({ apps: [defaultApp, other] })
    const client = await connect(service)
    await client.subscribe('lobby')
    expect(await ask(service, signed(event({}), { key: 'other-key' }))).toMatchObject(served)
    expect(await client.pending()).toEqual([])
  })
})
