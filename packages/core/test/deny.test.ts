import { describe, expect, test } from 'vitest'
import type { DenyOptions } from '../src/auth/deny.ts'
import { fetchHandler } from '../src/fetch.ts'
import { deny, PingerchipsServer } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describe('the response', () => {
  test.each<[options: DenyOptions | undefined, status: number, error: string, challenge: string | null]>([
    [undefined, 403, 'Access denied', null],
    [{}, 403, 'Access denied', null],
    [{ error: 'the room is full' }, 403, 'the room is full', null],
    [{ status: 401 }, 401, 'Unauthorized', 'Bearer'],
    [{ status: 401, error: 'token_expired' }, 401, 'token_expired', 'Bearer'],
    [{ status: 401, challenge: 'Basic realm="~ app"' }, 401, 'Unauthorized', 'Basic realm="~ app"'],
  ])('of deny(%o)', async (options, status, error, challenge) => {
    const handler = fetchHandler({ client, authorize: () => deny(options) })
    const answer = await handler(
      new Request('http://app.example/auth', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"socket_id":"1.1","channel_name":"private-a"}',
      }),
    )
    expect([answer.status, await answer.json()]).toEqual([status, { error }])
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
  })
})

test.each<[options: unknown, message: RegExp]>([
  [null, /^options must be an object/],
  [{ reason: 'full' }, /^Unknown option 'reason'/],
  [{ status: 404 }, /^options\.status must be 401 or 403/],
  [{ status: '401' }, /^options\.status must be 401 or 403/],
  [{ error: '' }, /^options\.error must be a non-empty string \(received an empty string\)/],
  [{ error: 1 }, /^options\.error must be a non-empty string \(received a number\)/],
  [{ challenge: 'Bearer' }, /^options\.challenge must be .* needs status 401/],
  [{ status: 401, challenge: '' }, /^options\.challenge must be/],
  [{ status: 401, challenge: ['Bearer'] }, /^options\.challenge must be/],
  [{ status: 401, challenge: 'Bearer\r\nSet-Cookie: a=b' }, /^options\.challenge must be/],
  [{ status: 401, challenge: '\nBearer' }, /^options\.challenge must be/],
  [{ status: 401, challenge: 'Bearer é' }, /^options\.challenge must be/],
])('refuses deny(%o)', (options, message) => {
  expect(() => deny(options as DenyOptions)).toThrow(message)
  expect(() => deny(options as DenyOptions)).toThrow(TypeError)
})

test('a denial is recognised by another copy of the package', () => {
  expect(Object.getOwnPropertySymbols(deny())).toEqual([Symbol.for('pingerchips.denial')])
})
