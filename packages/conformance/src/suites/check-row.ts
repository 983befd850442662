import assert from 'node:assert/strict'
import {
  appFailed,
  appHeaders,
  appKey,
  type InMemoryRequest,
  type Parser,
  type Reply,
  type Traits,
} from '../app/harness.ts'
import type { Recording } from '../app/test-app.ts'
import type { Expectation, Row } from '../rows/row.ts'
import { validRequests } from '../rows/valid-requests.ts'
import type { OpenedApp, Send } from './opened-app.ts'

export const defaultPath = '/pingerchips/auth'

/** A request that every app grants. */
export const validRow = validRequests.find(({ name }) => name === 'the exact bytes of pusher-js') as Row

/** A request and its response. */
export interface Exchange {
  readonly request: InMemoryRequest
  readonly reply: Reply
}

/** Sends a row's request, and compares the response and the app's recording with what is expected. */
export async function check(app: OpenedApp, row: Row, send: Send, expectation: Expectation): Promise<Exchange> {
  const { method = 'POST', path = defaultPath, type, user = 'alice', body = '' } = row
  const request = {
    method,
    path,
    headers: {
      ...(type !== undefined && { 'content-type': type }),
      ...(user !== null && { 'x-user': user }),
      ...row.headers,
    },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  }
  const reply = await send(request, row.chunks).catch(async (error) => {
    // The recording belongs to this request, and not to the next one.
    await app.running.takeRecording()
    throw error
  })
  verify(reply, expectation, await app.running.takeRecording(), app.standalone)
  return { request, reply }
}

/** The expected response to a row behind a parser. */
export function expectedBehind(traits: Traits, parser: Parser, row: Row): Expectation {
  const behind = traits.isolated ? undefined : row.behind?.[parser]
  const isKept = behind?.code === 'body_consumed' && traits.keepsRawBody
  return withFailure(traits, (isKept ? undefined : behind) ?? row.expect)
}

/** An expectation, with the framework's own response to a failure of the app. */
export function withFailure(traits: Traits, expectation: Expectation): Expectation {
  return expectation.json === appFailed && traits.failed !== undefined
    ? { ...expectation, json: traits.failed }
    : expectation
}

/** With node:assert: vitest's expect would take most of the time of these thousands of checks. */
function verify(reply: Reply, expectation: Expectation, recording: Recording, standalone: boolean): void {
  const { status, headers, body } = reply
  assert.ok([expectation.status].flat().includes(status), `status ${status}, not ${expectation.status}: ${body}`)
  if (expectation.json !== undefined) assert.deepEqual(JSON.parse(body), expectation.json)
  if (expectation.batch !== undefined && status === 200) assert.deepEqual(JSON.parse(body), expectation.batch)
  for (const [name, value] of Object.entries(expectation.headers ?? {})) assert.equal(headers[name], value, name)
  if (!expectation.fromApp) {
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['content-type']), /^application\/json/)
    // A request that is refused before the callbacks calls neither.
    if ([400, 405, 413, 415].includes(status)) {
      assert.equal(recording.userCalls, 0, 'user was called')
      assert.deepEqual(recording.authorizeCalls, [])
    }
  }
  // The endpoint adds no CORS header and removes none of the app's.
  for (const [name, value] of Object.entries(appHeaders))
    assert.equal(headers[name], standalone ? undefined : value, name)
  // Only a 200 has a signature, and no response shows an error of the app.
  if (status !== 200) assert.ok(!body.includes(appKey), 'signed')
  assert.ok(!body.includes('canary'), 'the response shows an error of the app')
  if (expectation.errors !== 'any') assert.equal(recording.errors.length, expectation.errors ?? 0, 'reported errors')
  if (expectation.code !== undefined) assert.equal(recording.errors[0]?.code, expectation.code)
  for (const { isError } of recording.errors) assert.ok(isError, 'the reported value is no Error')
  assert.ok(!recording.isPolluted, 'Object.prototype was polluted')
  verifyCallbacks(expectation, recording)
}

function verifyCallbacks(expectation: Expectation, recording: Recording): void {
  if (expectation.authorize === null) assert.deepEqual(recording.authorizeCalls, [])
  if (expectation.webhook !== undefined) {
    assert.deepEqual(recording.webhooks, expectation.webhook === null ? [] : [expectation.webhook], 'webhooks')
    assert.equal(recording.userCalls, 0, 'user was called')
  }
  for (const [name, value] of Object.entries(expectation.userHeaders ?? {}))
    assert.equal(recording.headers[name as 'cookie'], value, name)
  for (const [key, value] of Object.entries(expectation.authorize ?? {})) {
    assert.equal(recording.authorizeCalls.length, 1, 'calls of authorize')
    // As JSON: the fields of a form are an object without a prototype.
    const argument = recording.authorizeCalls[0]?.[key as 'kind' | 'authInfo']
    assert.equal(key === 'authInfo' ? argument : JSON.stringify(argument), JSON.stringify(value))
  }
}
