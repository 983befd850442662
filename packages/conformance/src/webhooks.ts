import { createHmac } from 'node:crypto'
import { appFailed, appKey, appSecret, formerSecret, otherPair } from './app.ts'
import type { Case, Expectation } from './table.ts'

export const webhooksPath = '/pingerchips/webhooks'
const json = 'application/json'

interface Signing {
  readonly key?: string
  readonly secret?: string
}

/** The headers of a webhook as the service signs it. */
export function signedHeaders(
  body: string | Uint8Array,
  { key = appKey, secret = appSecret }: Signing = {},
): Record<string, string> {
  return { 'x-pusher-key': key, 'x-pusher-signature': createHmac('sha256', secret).update(body).digest('hex') }
}

/** Each body's time is another, so that no webhook is another one's replay. */
let time = Date.now()
/** The text of a webhook of now. */
export function webhookText(...events: readonly object[]): string {
  return JSON.stringify({ time_ms: time++, events })
}

const occupied = (channel: string) => ({ name: 'channel_occupied', channel })
const told = (...events: readonly object[]): Expectation => ({
  status: 200,
  json: {},
  headers: { 'content-type': 'application/json; charset=utf-8' },
  told: events,
})
const notSigned: Expectation = {
  status: 401,
  json: { error: 'Not signed by the service' },
  headers: { 'www-authenticate': 'HMAC-SHA256' },
  told: null,
}
const malformed: Expectation = {
  status: 400,
  json: { error: 'The body must be a webhook: { time_ms, events }' },
  told: null,
}
const tooLarge: Expectation = { status: 413, json: { error: 'The body must be at most 1 MiB' }, told: null }
const wrongType: Expectation = { status: 415, json: { error: 'The body must be application/json' }, told: null }
const failed = (code?: string): Expectation => ({
  status: 500,
  json: appFailed,
  errors: 1,
  ...(code !== undefined && { code }),
  fromApp: true,
})
/** Where only what a parser made of the bytes is left: nothing can be verified, and the app is told what to move. */
const consumed: Expectation = { ...failed('body_consumed'), told: null }
/** Malformed to the parser, or to a laxer one something that is no body; never handled. */
const refusedByParser: Expectation = { status: [400, 401, 500], errors: 'any', told: null, fromApp: true }
const behindJson = { behind: { json: refusedByParser, both: refusedByParser } }

function hook(name: string, body: string, expect: Expectation, more: Partial<Case> & Signing = {}): Case {
  const { key, secret, headers = {}, ...rest } = more
  const signing = { ...(key !== undefined && { key }), ...(secret !== undefined && { secret }) }
  return {
    name: `webhook: ${name}`,
    path: webhooksPath,
    type: json,
    user: null,
    body,
    expect,
    behind: { json: consumed, both: consumed },
    ...rest,
    headers: { ...signedHeaders(body, signing), ...headers },
  }
}

/** Every known event, as the service sends it. */
const events = [
  { name: 'channel_occupied', channel: 'private-a' },
  { name: 'channel_vacated', channel: 'a' },
  { name: 'member_added', channel: 'presence-a', user_id: 'alice ☃' },
  { name: 'member_removed', channel: 'presence-a', user_id: '7' },
  {
    name: 'client_event',
    channel: 'presence-a',
    event: 'client-typing',
    data: '{"a":1}',
    socket_id: '1.1',
    user_id: '7',
  },
  { name: 'client_event', channel: 'private-a', event: 'client-typing', data: [null], socket_id: '1.1' },
  { name: 'cache_miss', channel: 'cache-a' },
  { name: 'subscription_count', channel: 'a', subscription_count: 3 },
]
const strange = { name: 'weather', channel: 'a', sunny: true }

const spaced = `{ "events" : [ {"channel":"a\\u00e9\\/☃", "name":"channel_occupied"} ] ,\n "time_ms": ${Date.now() - 1}.0 }\n`
/** A webhook of exactly so many bytes. */
const sized = (bytes: number) => {
  const text = webhookText(occupied('a'))
  return text + ' '.repeat(bytes - text.length)
}
const limit = 1024 * 1024
/** A parser's own limit may be lower. */
const behindEach = (expect: Expectation): Pick<Case, 'behind'> => ({
  behind: { json: expect, form: expect, both: expect, raw: expect, text: expect },
})
const perhapsTooLarge = behindEach({ status: [200, 413], errors: 'any', fromApp: true })
const certainlyTooLarge = behindEach({ status: 413, errors: 'any', told: null, fromApp: true })

/** What the service sends, and what pretends to be it. */
export const webhookTable: readonly Case[] = [
  hook('the exact bytes of every event', webhookText(...events), told(...events)),
  hook('no event', webhookText(), told()),
  hook('JSON as nobody would write it again', spaced, told(occupied('aé/☃'))),
  hook('in pieces of a byte', webhookText(occupied('☃')), told(occupied('☃')), { chunks: 1 }),
  hook(
    'an event that nobody knows',
    webhookText(strange, occupied('a')),
    told({ name: 'unknown', event: strange }, occupied('a')),
  ),
  hook('signed with the secret before', webhookText(occupied('a')), told(occupied('a')), { secret: formerSecret }),
  hook('signed with another pair', webhookText(occupied('a')), told(occupied('a')), otherPair),
  ...['Application/JSON;charset="utf-8"', 'application/json ; a=b'].map((type) =>
    hook(`Content-Type ${type}`, webhookText(occupied('a')), told(occupied('a')), { type }),
  ),

  hook("another pair's key with our secret", webhookText(occupied('a')), notSigned, { key: otherPair.key }),
  hook("our key with another pair's secret", webhookText(occupied('a')), notSigned, { secret: otherPair.secret }),
  hook("nobody's secret", webhookText(occupied('a')), notSigned, { secret: 'wrong' }),
  hook("nobody's key", webhookText(occupied('a')), notSigned, { key: 'nobody' }),
  hook('an old one', '{"time_ms":1403175510755,"events":[]}', notSigned),
  hook('one from the future', '{"time_ms":9007199254740991,"events":[]}', notSigned),
  hook('another body than was signed', webhookText(occupied('a')), notSigned, {
    headers: signedHeaders(webhookText(occupied('b'))),
  }),
  hook('signed as it would be written again', spaced, notSigned, {
    headers: signedHeaders(JSON.stringify(JSON.parse(spaced))),
  }),
  ...['', 'x', 'é', '0'.repeat(64), '0'.repeat(63), '0'.repeat(10_000), 'null', '__proto__'].map((signature) =>
    hook(`signature ${signature.slice(0, 20)} (${signature.length})`, webhookText(occupied('a')), notSigned, {
      headers: { 'x-pusher-signature': signature },
    }),
  ),
  upperCase(webhookText(occupied('a'))),
  { ...hook('without a signature', webhookText(occupied('a')), notSigned), headers: { 'x-pusher-key': appKey } },
  { ...hook('without any header', webhookText(occupied('a')), notSigned), headers: {} },
  ...['', '{', 'nonsense', 'null', '1', '"x"', '{"__proto__":{"time_ms":1,"events":[]}}'].map((body) =>
    hook(`signed, ${body || '(empty)'}`, body, malformed, behindJson),
  ),
  ...[
    '[]',
    '{}',
    '{"time_ms":"1","events":[]}',
    '{"time_ms":1e400,"events":[]}',
    '{"time_ms":1}',
    '{"time_ms":1,"events":{}}',
    '{"time_ms":1,"events":[1]}',
    '{"time_ms":1,"events":[[]]}',
    '{"time_ms":1,"events":[null]}',
  ].map((body) => hook(`signed, ${body}`, body, malformed)),

  hook('on throws', webhookText(occupied('throws')), failed()),
  hook('on throws null', webhookText(occupied('throws-null')), failed('callback_threw')),
  hook('on never answers', webhookText(occupied('hangs')), failed('callback_timeout')),
  hook(
    'on throws what Fastify throws for a body',
    webhookText(occupied('too-large')),
    failed('FST_ERR_CTP_BODY_TOO_LARGE'),
  ),

  hook('of 200 kB', sized(200_000), told(occupied('a')), perhapsTooLarge),
  hook('of exactly 1 MiB', sized(limit), told(occupied('a')), perhapsTooLarge),
  hook('of 1 MiB and a byte', sized(limit + 1), tooLarge, certainlyTooLarge),
  hook('of 1 MiB and a byte, chunked', sized(limit + 1), tooLarge, { ...certainlyTooLarge, chunks: 65_536 }),
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/json\ta'].map((type) =>
    hook(`Content-Type ${type}`, webhookText(occupied('a')), wrongType, { type, behind: {} }),
  ),
  { ...hook('no Content-Type', webhookText(occupied('a')), wrongType, { behind: {} }), type: undefined },
  {
    name: 'webhook: GET',
    path: webhooksPath,
    method: 'GET',
    expect: { status: 405, json: { error: 'Method not allowed' }, headers: { allow: 'POST' }, told: null },
  },
  {
    name: 'webhook: OPTIONS stays with the app',
    path: webhooksPath,
    method: 'OPTIONS',
    needsApp: true,
    expect: { status: 204, fromApp: true },
  },
  {
    name: 'webhook: POST below it stays with the app',
    path: `${webhooksPath}/x`,
    type: json,
    body: '{}',
    needsApp: true,
    expect: { status: 404, fromApp: true, told: null },
  },
]

/** The same digest, and another signature: as a second id of one webhook it would be a replay that nobody notices. */
function upperCase(body: string): Case {
  const signature = signedHeaders(body)['x-pusher-signature'] ?? ''
  return hook('a signature in upper case', body, notSigned, {
    headers: { 'x-pusher-signature': signature.toUpperCase() },
  })
}
