import { describe, expect, test } from 'vitest'
import { type JwtRejection, type JwtUserOptions, jwtUser } from '../src/index.ts'
import { bearing } from './endpoint.ts'
import { keys, rs256, signed } from './tokens.ts'

const options = { ...rs256, publicKey: keys.pem }

/** The subject of the user, or the rejected claim. */
async function subject(typ: unknown, more: Partial<JwtUserOptions> = {}, claims: Record<string, unknown> = {}) {
  const rejections: JwtRejection[] = []
  const onReject = (rejection: JwtRejection) => rejections.push(rejection)
  const user = jwtUser({ ...options, ...more, onReject } as JwtUserOptions)
  const header = typ === undefined ? {} : { typ }
  const result = await user({}, bearing(await signed(claims, header)))
  const [rejection] = rejections
  return rejection === undefined ? (result as { sub: unknown }).sub : `${rejection.code} ${rejection.claim}`
}
const refused = 'ERR_JWT_CLAIM_VALIDATION_FAILED typ'

describe('typ', () => {
  test.each([
    undefined,
    'JWT',
    'jwt',
    'Jwt',
    'at+jwt',
    'AT+JWT',
    'application/jwt',
    'application/at+jwt',
    'Application/AT+JWT',
  ])('%s is accepted by default', async (typ) => {
    expect(await subject(typ)).toBe('ada')
  })

  test.each<[typ: unknown]>([
    ['logout+jwt'],
    ['application/logout+jwt'],
    ['LOGOUT+JWT'],
    ['dpop+jwt'],
    ['secevent+jwt'],
    ['application/secevent+jwt'],
    ['token-introspection+jwt'],
    ['oauth-authz-req+jwt'],
    ['client-authentication+jwt'],
    ['kb+jwt'],
    ['vc+sd-jwt'],
    ['wit+jwt'],
    ['entity-statement+jwt'],
    ['refresh+jwt'],
    ['JOSE'],
    ['jwt+at'],
    ['x/jwt'],
    ['application/application/jwt'],
    ['JWT '],
    ['JWT; charset=utf-8'],
    [''],
    ['constructor'],
    ['__proto__'],
    [['JWT']],
    [{ toString: 'JWT' }],
    [1],
    [true],
    [null],
  ])('%j is refused by default', async (typ) => {
    expect(await subject(typ)).toBe(refused)
  })

  test('a list replaces the default, and requires typ', async () => {
    const more = { typ: ['chat+jwt', 'application/x+jwt'] }
    expect(await subject('chat+jwt', more)).toBe('ada')
    expect(await subject('application/CHAT+jwt', more)).toBe('ada')
    expect(await subject('x+jwt', more)).toBe('ada')
    for (const typ of ['JWT', 'at+jwt', undefined, 'logout+jwt']) expect(await subject(typ, more)).toBe(refused)
  })

  test('false accepts every typ', async () => {
    for (const typ of ['logout+jwt', undefined, 7]) expect(await subject(typ, { typ: false })).toBe('ada')
  })

  test.each<[what: string, typ: unknown]>([
    ['a string', 'JWT'],
    ['an empty list', []],
    ['a list with an empty string', ['JWT', '']],
    ['true', true],
    ['null', null],
  ])('%s as option is an error', (_what, typ) => {
    expect(() => jwtUser({ ...options, typ } as never)).toThrow(/^options\.typ must be/)
  })
})

describe('a logout or event token whose typ is missing or JWT', () => {
  const logout = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const revoked = { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': { subject: {} } }

  test.each([undefined, 'JWT', 'at+jwt'])('with typ %s is refused by its events', async (typ) => {
    for (const events of [logout, revoked])
      expect(await subject(typ, {}, { events })).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED events')
  })

  test('an app may use a claim events of its own, or leave the check out', async () => {
    for (const events of [['a'], { concert: 1 }, 'https://a.example', null])
      expect(await subject('JWT', {}, { events })).toBe('ada')
    expect(await subject('JWT', { typ: false }, { events: logout })).toBe('ada')
  })
})
