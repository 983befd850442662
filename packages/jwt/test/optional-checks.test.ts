import { type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type JwtUserOptions, jwtUser } from '../src/index.ts'
import { bearing } from './endpoint.ts'
import { now } from './tokens.ts'

const secret = new TextEncoder().encode('a secret of the login server, of 32 bytes')

function sign(claims: object, key = secret): Promise<string> {
  const payload = { sub: 'ada', exp: now() + 60, ...claims } as JWTPayload
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(key)
}

describe('a check is left out only by name', () => {
  const base = { secret, algorithms: ['HS256'], issuer: false, audience: false } as const
  const bad: readonly [what: string, options: object, argument: string][] = [
    ['issuer is missing', { issuer: undefined }, 'options.issuer'],
    ['issuer is true', { issuer: true }, 'options.issuer'],
    ['issuer is null', { issuer: null }, 'options.issuer'],
    ['issuer is 0', { issuer: 0 }, 'options.issuer'],
    ['issuer is an empty string', { issuer: '' }, 'options.issuer'],
    ['audience is missing', { audience: undefined }, 'options.audience'],
    ['audience is true', { audience: true }, 'options.audience'],
    ['audience is a function', { audience: () => true }, 'options.audience'],
    ['audience is an empty list', { audience: [] }, 'options.audience'],
    ['the claim has no value', { audience: { claim: 'azp' } }, 'options.audience.value'],
    ['the value is undefined', { audience: { claim: 'azp', value: undefined } }, 'options.audience.value'],
    ['the value is an empty list', { audience: { claim: 'azp', value: [] } }, 'options.audience.value'],
    ['the list of values has undefined', { audience: { claim: 'azp', value: [undefined] } }, 'options.audience.value'],
    ['the claim has no name', { audience: { value: 'x' } }, 'options.audience'],
    ['the name of the claim is empty', { audience: { claim: '', value: 'x' } }, 'options.audience.claim'],
    ['the name of the claim is a number', { audience: { claim: 1, value: 'x' } }, 'options.audience.claim'],
    ['expiration is true', { expiration: true }, 'options.expiration'],
    ['expiration is null', { expiration: null }, 'options.expiration'],
    ['allowShortSecret is no boolean', { allowShortSecret: 'yes' }, 'options.allowShortSecret'],
    ['allowHttp stands beside a secret', { allowHttp: true }, 'options.allowHttp'],
    ['a short secret is not allowed', { secret: 'secretKey' }, 'options.secret'],
    ['an empty secret', { secret: '', allowShortSecret: true }, 'options.secret'],
  ]
  test.each(bad)('%s: an error', (_what, options, argument) => {
    expect(() => jwtUser({ ...base, ...options } as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'invalid_argument', argument }),
    )
  })

  test('plain http needs allowHttp: true', () => {
    const options = {
      jwksUrl: 'http://keycloak:8080/certs',
      issuer: 'a',
      audience: 'b',
      algorithms: ['RS256'],
    } as const
    expect(() => jwtUser(options)).toThrow(/allowHttp/)
    expect(() => jwtUser({ ...options, allowHttp: false })).toThrow(/allowHttp/)
    expect(() => jwtUser({ ...options, allowHttp: true })).not.toThrow()
    expect(() => jwtUser({ ...options, allowHttp: true, jwksUrl: 'ftp://keycloak/certs' })).toThrow(/https/)
  })

  const userWith = async (options: object, claims: object) => {
    const user = jwtUser({ ...base, ...options } as JwtUserOptions)
    return (await user({}, bearing(await sign(claims)))) as { sub?: unknown }
  }

  test.each<[result: unknown, subject: unknown]>([
    [true, 'ada'],
    [Promise.resolve(true), 'ada'],
    [false, undefined],
    [undefined, undefined],
    [1, undefined],
    ['true', undefined],
    [{}, undefined],
    [Promise.resolve(false), undefined],
  ])('of the results of an issuer function only true accepts: %s', async (result, subject) => {
    expect((await userWith({ issuer: () => result }, { iss: 'a' })).sub).toBe(subject)
  })

  test('an issuer function that throws reaches the error handler', async () => {
    const error = new Error('the database is down')
    await expect(userWith({ issuer: () => Promise.reject(error) }, { iss: 'a' })).rejects.toBe(error)
  })

  test('an issuer function is not called for a token of another key', async () => {
    const token = await sign({ iss: 'a' }, new Uint8Array(32))
    const issuer = () => {
      throw new Error('called')
    }
    expect(await jwtUser({ ...base, issuer })({}, bearing(token))).not.toHaveProperty('iss')
  })

  test.each<[value: unknown, subject: unknown]>([
    ['web', 'ada'],
    [['other', 'web'], 'ada'],
    ['other', undefined],
    ['', undefined],
    [['we', 'b'], undefined],
    [{ web: true }, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('a claim in the place of aud that is %j', async (azp, subject) => {
    expect((await userWith({ audience: { claim: 'azp', value: 'web' } }, { azp })).sub).toBe(subject)
  })

  test('a claim in the place of aud is never inherited', async () => {
    for (const claim of ['constructor', '__proto__', 'toString'])
      expect((await userWith({ audience: { claim, value: 'web' } }, {})).sub).toBeUndefined()
  })
})
