import { describe, test } from 'vitest'
import { appFailed, appHasNoRoute } from '../app/harness.ts'
import { corpus } from '../rows/corpus.ts'
import type { Expectation } from '../rows/row.ts'
import { validWebhooks } from '../rows/valid-webhooks.ts'
import { check, defaultPath, validRow, withFailure } from './check-row.ts'
import { overSocket, type Subject, useApp } from './opened-app.ts'
import { validRows } from './rows.ts'

/** The endpoint below a prefix, at another path, and behind middleware that has read the body. */
export function mounting(subject: Subject): void {
  if (!subject.isolated && !subject.readsBodies)
    describe('behind middleware that drains the body', () => drained(subject))
  if (subject.standalone) return
  describe('at another path', () => mounted(subject, '', '/realtime/join'))
  describe('below a prefix', () => mounted(subject, '/v1', undefined))
  describe('below a prefix, at another path', () => mounted(subject, '/v1', '/join'))
}

/** A moved endpoint responds at its new path only. */
function mounted(subject: Subject, prefix: '' | '/v1', path: string | undefined): void {
  const app = useApp(subject, 'none', { prefix, path })
  const place = prefix + (path ?? defaultPath)
  const [refusal] = corpus['refusals that leak a reason']
  const [webhook] = validWebhooks
  const [unrouted] = validRows.filter((row) => row.expect.json === appHasNoRoute)
  for (const row of [validRow, refusal])
    if (row) test(row.name, () => check(app, { ...row, path: place }, overSocket(app), row.expect))
  if (webhook)
    test(webhook.name, () =>
      check(app, { ...webhook, path: place.replace(/[^/]+$/, 'webhooks') }, overSocket(app), webhook.expect),
    )
  if (unrouted)
    test(`${defaultPath} stays with the app`, () =>
      check(app, { ...validRow, path: defaultPath }, overSocket(app), unrouted.expect))
}

/** A drained body is an error that names what to move. A request that is refused for its head is refused as before. */
function drained(subject: Subject): void {
  const app = useApp(subject, 'drained')
  const consumed: Expectation = {
    status: 500,
    json: appFailed,
    errors: 1,
    code: 'body_consumed',
    authorize: null,
    fromApp: true,
  }
  for (const row of validRows.filter(({ name }) => name.includes('the exact bytes')))
    test(row.name, () => check(app, row, overSocket(app), withFailure(subject, consumed)))
  const refusals = [...corpus['content-type tricks'], ...corpus['JSONP and other methods']]
  for (const row of refusals.filter(({ expect: { status } }) => status === 405 || status === 415))
    test(row.name, () => check(app, row, overSocket(app), row.expect))
}
