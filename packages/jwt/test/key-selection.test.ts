import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { bearing } from './endpoint.ts'
import { type KeyServer, keys, rs256, signed, startKeyServer } from './tokens.ts'

const pairs = [keys, await generateKeyPair('RS256'), await generateKeyPair('RS256')]
const mallory = await generateKeyPair('RS256')
const ec = await exportJWK((await generateKeyPair('ES256')).publicKey)
const jwks = await Promise.all(pairs.map(({ publicKey }) => exportJWK(publicKey)))

let server: KeyServer
let set: JWK[] = []
const rejections: JwtRejection[] = []
beforeAll(async () => {
  server = await startKeyServer(() => ({ keys: set }))
})
beforeEach(() => {
  rejections.length = 0
})
afterAll(() => server[Symbol.asyncDispose]())

describe.each(['jwks', 'jwksUrl'] as const)('with %s', (source) => {
  async function subject(keySet: JWK[], kid: string | undefined, key: CryptoKey, claims = {}): Promise<unknown> {
    set = keySet
    const onReject = (rejection: JwtRejection) => rejections.push(rejection)
    const user =
      source === 'jwks'
        ? jwtUser({ ...rs256, jwks: { keys: keySet }, onReject })
        : jwtUser({ ...rs256, jwksUrl: server.url, onReject })
    const result = await user({}, bearing(await signed(claims, { kid }, key)))
    return rejections.at(-1)?.code ?? (result as { sub: unknown }).sub
  }
  const named = jwks.map((jwk, index) => ({ ...jwk, kid: `key-${index}` }))
  const badSignature = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'

  test('a token without kid is verified with every key that fits', async () => {
    for (const keySet of [named, jwks, [ec, ...jwks]])
      for (const { privateKey } of pairs) expect(await subject(keySet, undefined, privateKey)).toBe('ada')
  })

  test('a token with a kid is verified with every key that has none', async () => {
    for (const { privateKey } of pairs) expect(await subject(jwks, 'unknown', privateKey)).toBe('ada')
  })

  test('keys of the same kid are all tried', async () => {
    const same = jwks.map((jwk) => ({ ...jwk, kid: 'same' }))
    for (const { privateKey } of pairs) expect(await subject(same, 'same', privateKey)).toBe('ada')
  })

  test('a token of another key is refused', async () => {
    expect(await subject(named, undefined, mallory.privateKey)).toBe(badSignature)
    expect(await subject(jwks, 'unknown', mallory.privateKey)).toBe(badSignature)
    expect(await subject(jwks, undefined, mallory.privateKey)).toBe(badSignature)
  })

  test('a kid selects its key alone, even if another key without kid would verify', async () => {
    const [first = {} as JWK, second = {} as JWK] = jwks
    const mixed = [{ ...first, kid: 'key-0' }, second]
    expect(await subject(mixed, 'key-0', pairs[1]?.privateKey as CryptoKey)).toBe(badSignature)
  })

  test('an unknown kid is refused if all keys have one', async () => {
    expect(await subject(named, 'unknown', keys.privateKey)).toBe('ERR_JWKS_NO_MATCHING_KEY')
  })

  test('the claims of the key that verifies decide', async () => {
    expect(await subject(jwks, undefined, keys.privateKey, { exp: 1 })).toBe('ERR_JWT_EXPIRED')
  })

  test('at most 10 keys are tried', async () => {
    const [first = {} as JWK, second = {} as JWK] = jwks
    const before = (count: number) => [...Array.from({ length: count }, () => second), first]
    expect(await subject(before(9), undefined, keys.privateKey)).toBe('ada')
    expect(await subject(before(10), undefined, keys.privateKey)).toBe(badSignature)
  })
})
