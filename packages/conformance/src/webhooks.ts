import { createHmac } from 'node:crypto'
import { failed } from './answers.ts'
import { appKey, appSecret, formerSecret, otherPair } from './app.ts'
import type { Case, Expectation } from './case.ts'
import { json } from './rows.ts'

export const webhooksPath = '/pingerchips/webhooks'

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

export const occupied = (channel: string): object => ({ name: 'channel_occupied', channel })
const told = (...events: readonly object[]): Expectation => ({
  status: 200,
  json: {},
  headers: { 'content-type': 'application/json; charset=utf-8' },
  told: events,
})
/** Where only what a parser made of the bytes is left: nothing can be verified, and the app is told what to move. */
const consumed: Expectation = { ...failed('body_consumed'), told: null }

/** A webhook, signed as the service would, unless `more` says otherwise. */
export function hook(name: string, body: string, expect: Expectation, more: Partial<Case> & Signing = {}): Case {
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

/** A webhook as `JSON.stringify` would not write it. */
export const spaced: string = `{ "events" : [ {"channel":"a\\u00e9\\/☃", "name":"channel_occupied"} ] ,\n "time_ms": ${Date.now() - 1}.0 }\n`
/** A webhook of exactly so many bytes. */
export function sizedWebhook(bytes: number): string {
  const text = webhookText(occupied('a'))
  return text + ' '.repeat(bytes - text.length)
}
export const webhookLimit: number = 1024 * 1024
export const behindEach = (expect: Expectation): Pick<Case, 'behind'> => ({
  behind: { json: expect, form: expect, both: expect, raw: expect, text: expect },
})
/** A parser's own limit may be lower. */
const perhapsTooLarge = behindEach({ status: [200, 413], errors: 'any', fromApp: true })

/** What the service is answered. What pretends to be it is in the corpus. */
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
  hook('of 200 kB', sizedWebhook(200_000), told(occupied('a')), perhapsTooLarge),
  hook('of exactly 1 MiB', sizedWebhook(webhookLimit), told(occupied('a')), perhapsTooLarge),
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
