import { appKey } from '../app/harness.ts'
import { otherPair } from '../app/test-app.ts'
import { failed } from './expectations.ts'
import { asForm, form, shown } from './requests.ts'
import type { Expectation, Row } from './row.ts'
import {
  behindEach,
  hook,
  occupied,
  signedHeaders,
  sizedWebhook,
  spaced,
  webhookLimit,
  webhooksPath,
  webhookText,
} from './valid-webhooks.ts'

export type WebhookThreat =
  | 'webhooks with a foreign signature, or none'
  | 'webhooks changed after signing'
  | 'webhooks outside the time tolerance'
  | 'malformed webhooks'
  | 'webhook handlers that throw or hang'

const notSigned: Expectation = {
  status: 401,
  json: { error: 'Not signed by the service' },
  headers: { 'www-authenticate': 'HMAC-SHA256' },
  webhook: null,
}
const malformed: Expectation = {
  status: 400,
  json: { error: 'The body must be a webhook: { time_ms, events }' },
  webhook: null,
}
const tooLarge: Expectation = { status: 413, json: { error: 'The body must be at most 1 MiB' }, webhook: null }
const wrongType: Expectation = { status: 415, json: { error: 'The body must be application/json' }, webhook: null }
const wrongMethod: Expectation = {
  status: 405,
  json: { error: 'Method not allowed' },
  headers: { allow: 'POST' },
  webhook: null,
}
/** The parser refuses it, or passes on something that is no webhook. */
const refusedByParser: Expectation = { status: [400, 401, 500], errors: 'any', webhook: null, fromApp: true }
const behindJson = { behind: { json: refusedByParser, both: refusedByParser } }
const certainlyTooLarge = behindEach({ status: 413, errors: 'any', webhook: null, fromApp: true })

/** A webhook that would be handled if it were signed. */
const now = () => webhookText(occupied('a'))
/** A webhook that is refused before its body is read: whatever a parser has left of it makes no difference. */
const unread = (row: Row): Row => ({ ...row, behind: {} })
/** A webhook with a changed signature. */
function resigned(name: string, change: (signature: string) => string, headers: Record<string, string> = {}): Row {
  const body = now()
  const signature = change(signedHeaders(body)['x-pusher-signature'] ?? '')
  const changed = { 'x-pusher-signature': signature, ...headers }
  return unread(hook(`a signature ${name}`, body, notSigned, { headers: changed }))
}
/** A parser that decodes text may drop the mark, and with it the whole change. */
function marked(body: string): Row {
  const readAsText: Expectation = { status: [200, 400, 401, 500], errors: 'any', fromApp: true }
  const behind = { json: readAsText, both: readAsText, text: readAsText }
  return hook('a byte order mark before it', `\ufeff${body}`, notSigned, { headers: signedHeaders(body), behind })
}
const hour = 3_600_000

export const webhookAttacks: Readonly<Record<WebhookThreat, readonly Row[]>> = {
  'webhooks with a foreign signature, or none': [
    hook("another pair's key with our secret", now(), notSigned, { key: otherPair.key }),
    hook("our key with another pair's secret", now(), notSigned, { secret: otherPair.secret }),
    hook('an unknown secret', now(), notSigned, { secret: 'wrong' }),
    unread(hook('an unknown key', now(), notSigned, { key: 'unknown' })),
    ...['', '__proto__', 'constructor', `${appKey} `.repeat(2), appKey.toUpperCase()].map((key) =>
      unread(hook(`key ${shown(key)}`, now(), notSigned, { key })),
    ),
    hook('a signature of zeros', now(), notSigned, { headers: { 'x-pusher-signature': '0'.repeat(64) } }),
    ...[
      '',
      'x',
      'é',
      '0'.repeat(63),
      '0'.repeat(65),
      `0x${'0'.repeat(62)}`,
      'g'.repeat(64),
      '0'.repeat(10_000),
      'null',
      'true',
      '[]',
      '{}',
      '__proto__',
    ].map((signature) =>
      unread(hook(`signature ${shown(signature)}`, now(), notSigned, { headers: { 'x-pusher-signature': signature } })),
    ),
    resigned('in upper case', (signature) => signature.toUpperCase()),
    resigned('twice', (signature) => `${signature}, ${signature}`),
    resigned('with another digit behind it', (signature) => `${signature}0`),
    resigned('with its algorithm', (signature) => `sha256=${signature}`),
    resigned('of an auth endpoint', (signature) => `${appKey}:${signature}`),
    unread({ ...hook('without a signature', now(), notSigned), headers: { 'x-pusher-key': appKey } }),
    resigned('without its key', (signature) => signature, { 'x-pusher-key': '' }),
    unread({ ...hook('without any header', now(), notSigned), headers: {} }),
    unread({ ...hook('with the headers of a user', now(), notSigned), headers: {}, user: 'alice' }),
  ],
  'webhooks changed after signing': [
    hook('another body', now(), notSigned, { headers: signedHeaders(webhookText(occupied('b'))) }),
    hook('signed over re-serialised JSON', spaced, notSigned, {
      headers: signedHeaders(JSON.stringify(JSON.parse(spaced))),
    }),
    ...[
      ['a blank behind it', (body: string) => `${body} `],
      ['a line end behind it', (body: string) => `${body}\n`],
      ['its last byte gone', (body: string) => body.slice(0, -1)],
      ['a character escaped', (body: string) => body.replace('occupied', '\\u006fccupied')],
      ['another body behind it', (body: string) => body + now()],
    ].map(([name, change]) => {
      const body = now()
      const changed = (change as (body: string) => string)(body)
      return hook(`${name}`, changed, notSigned, { headers: signedHeaders(body), ...behindJson })
    }),
    marked(now()),
    hook('signed as UTF-16', now(), notSigned, { headers: signedHeaders(Buffer.from(now(), 'utf16le')) }),
  ],
  'webhooks outside the time tolerance': [
    ...Object.entries({
      'at time 0': 0,
      'at time -1': -1,
      'of the year 2014': 1403175510755,
      'of now in seconds': Math.floor(Date.now() / 1000),
      'of two hours ago': Date.now() - 2 * hour,
      'of in two hours': Date.now() + 2 * hour,
      'of in a year': Date.now() + 365 * 24 * hour,
      'at the largest integer': Number.MAX_SAFE_INTEGER,
    }).map(([name, time_ms]) => hook(name, JSON.stringify({ time_ms, events: [] }), notSigned)),
    hook('whose time is text', JSON.stringify({ time_ms: String(Date.now()), events: [] }), malformed),
    ...['"123junk"', '1e400', '1.5', 'null', '[]', '{}', 'true'].map((time) =>
      hook(`time_ms ${time}`, `{"time_ms":${time},"events":[]}`, malformed),
    ),
  ],
  'malformed webhooks': [
    ...['', '{', 'nonsense', 'null', '1', '"x"', '{"__proto__":{"time_ms":1,"events":[]}}', '\0'].map((body) =>
      hook(`signed, ${shown(body)}`, body, malformed, behindJson),
    ),
    ...[
      '[]',
      '{}',
      '{"time_ms":1}',
      '{"events":[]}',
      '{"time_ms":1,"events":{}}',
      '{"time_ms":1,"events":"a"}',
      '{"time_ms":1,"events":[1]}',
      '{"time_ms":1,"events":[[]]}',
      '{"time_ms":1,"events":[null]}',
      `{"time_ms":1,"events":${'['.repeat(7000)}${']'.repeat(7000)}}`,
    ].map((body) => hook(`signed, ${shown(body)}`, body, malformed)),
    hook('of 1 MiB and a byte', sizedWebhook(webhookLimit + 1), tooLarge, certainlyTooLarge),
    hook('of 1 MiB and a byte, chunked', sizedWebhook(webhookLimit + 1), tooLarge, {
      ...certainlyTooLarge,
      chunks: 65_536,
    }),
    ...['text/plain', form, 'application/json\ta', 'application/json, text/html', 'text/json'].map((type) =>
      hook(`Content-Type ${shown(type)}`, now(), wrongType, { type, behind: {} }),
    ),
    hook('as a form', asForm({ time_ms: String(Date.now()), 'events[0][name]': 'channel_occupied' }), wrongType, {
      type: form,
      behind: {},
    }),
    { ...hook('no Content-Type', now(), wrongType, { behind: {} }), type: undefined },
    ...['GET', 'PUT', 'DELETE', 'PATCH'].map(
      (method): Row => ({ name: `webhook: ${method}`, path: webhooksPath, method, expect: wrongMethod }),
    ),
  ],
  'webhook handlers that throw or hang': [
    hook('the handler throws', webhookText(occupied('throws')), failed()),
    hook('the handler throws null', webhookText(occupied('throws-null')), failed('non_error_thrown')),
    hook('the handler never settles', webhookText(occupied('hangs')), failed('callback_timeout')),
    hook(
      'the handler throws what Fastify throws for a body',
      webhookText(occupied('too-large')),
      failed('FST_ERR_CTP_BODY_TOO_LARGE'),
    ),
  ],
}
