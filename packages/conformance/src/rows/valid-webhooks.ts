import { createHmac } from 'node:crypto'
import { appKey, appSecret } from '../app/harness.ts'
import { formerSecret, otherPair } from '../app/test-app.ts'
import { failed } from './expectations.ts'
import { json } from './requests.ts'
import type { Expectation, Row } from './row.ts'

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

/** Each webhook has another time, so that none is a replay of another. */
let time = Date.now()
/** The text of a webhook of now. */
export function webhookText(...events: readonly object[]): string {
  return JSON.stringify({ time_ms: time++, events })
}

export const occupied = (channel: string): object => ({ name: 'channel_occupied', channel })
const delivered = (...events: readonly object[]): Expectation => ({
  status: 200,
  json: {},
  headers: { 'content-type': 'application/json; charset=utf-8' },
  webhook: events,
})
/** Only a parsed body is left: the signature cannot be verified, and the error names the middleware to move. */
const consumed: Expectation = { ...failed('body_consumed'), webhook: null }

/** A webhook, signed as the service would, unless `more` says otherwise. */
export function hook(name: string, body: string, expect: Expectation, more: Partial<Row> & Signing = {}): Row {
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
export const behindEach = (expect: Expectation): Pick<Row, 'behind'> => ({
  behind: { json: expect, form: expect, both: expect, raw: expect, text: expect },
})
/** A parser's own limit may be lower. */
const perhapsTooLarge = behindEach({ status: [200, 413], errors: 'any', fromApp: true })

/** Webhooks of the service. Forged ones are in webhook-attacks.ts. */
export const validWebhooks: readonly Row[] = [
  hook('the exact bytes of every event', webhookText(...events), delivered(...events)),
  hook('no event', webhookText(), delivered()),
  hook('JSON that JSON.stringify would write differently', spaced, delivered(occupied('aé/☃'))),
  hook('in pieces of a byte', webhookText(occupied('☃')), delivered(occupied('☃')), { chunks: 1 }),
  hook(
    'an unknown event',
    webhookText(strange, occupied('a')),
    delivered({ name: 'unknown', event: strange }, occupied('a')),
  ),
  hook('signed with the former secret', webhookText(occupied('a')), delivered(occupied('a')), { secret: formerSecret }),
  hook('signed with another pair', webhookText(occupied('a')), delivered(occupied('a')), otherPair),
  ...['Application/JSON;charset="utf-8"', 'application/json ; a=b'].map((type) =>
    hook(`Content-Type ${type}`, webhookText(occupied('a')), delivered(occupied('a')), { type }),
  ),
  hook('of 200 kB', sizedWebhook(200_000), delivered(occupied('a')), perhapsTooLarge),
  hook('of exactly 1 MiB', sizedWebhook(webhookLimit), delivered(occupied('a')), perhapsTooLarge),
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
    expect: { status: 404, fromApp: true, webhook: null },
  },
]
