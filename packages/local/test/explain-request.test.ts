import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { App, Explanation, LogEntry } from '../src/index.ts'
import { type Ask, ask, hmac, pusherRequest, signed, startLogged } from './harness.ts'

const app: App = { id: 'local', key: 'local-key', secret: 'local-secret', token: 'local-token' }
const other: App = { id: 'other', key: 'other-key', secret: 'other-secret', token: 'other-token' }

function explanationOf(entries: readonly LogEntry[]): Explanation | undefined {
  const last = entries.at(-1)
  const explanation = last !== undefined && 'explanation' in last ? last.explanation : undefined
  for (const { secret } of [app, other]) expect(inspect(explanation)).not.toContain(secret)
  return explanation
}

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
