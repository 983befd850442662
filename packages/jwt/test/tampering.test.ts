import fc from 'fast-check'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { bearing, context } from './endpoint.ts'
import { audience, issuer, keys, now, rs256, signed } from './tokens.ts'

const options = { ...rs256, publicKey: keys.pem } as const

describe('a valid token is refused after any change', async () => {
  const good = await signed()
  const rejections: JwtRejection[] = []
  const onReject = (rejection: JwtRejection) => rejections.push(rejection)
  const user = jwtUser({ ...options, onReject })
  const refusesAll = async (token: string) => {
    rejections.length = 0
    const results = [await user({}, bearing(token)), await user({}, context({}, { token }))]
    return rejections.length === 2 && results.every((result) => !('sub' in result))
  }
  const at = fc.nat({ max: good.length - 1 })
  const letter = fc.oneof(
    fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\t,\0'),
    fc.string({ minLength: 1, maxLength: 4, unit: 'binary' }),
  )

  test('one character replaced', async () => {
    await fc.assert(
      fc.asyncProperty(at, letter, async (index, other) => {
        const changed = good.slice(0, index) + other + good.slice(index + 1)
        fc.pre(changed !== good)
        return refusesAll(changed)
      }),
      {
        numRuns: 500,
        examples: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map((c) => [good.length - 1, c]),
      },
    )
  })

  test('characters inserted or removed', async () => {
    await fc.assert(
      fc.asyncProperty(at, fc.nat({ max: 40 }), fc.oneof(letter, fc.constant('')), async (index, removed, put) => {
        const changed = good.slice(0, index) + put + good.slice(index + removed)
        // Spaces behind the scheme are not part of the token.
        fc.pre(changed.trim() !== good)
        return refusesAll(changed)
      }),
      { numRuns: 500 },
    )
  })

  test('parts of several valid tokens combined', async () => {
    const tokens = [good, await signed({ sub: 'bob' }), await signed({ sub: 'root', exp: now() + 9 })]
    const part = fc.constantFrom(...tokens.flatMap((token) => token.split('.')), '', 'e30')
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        fc.pre(!tokens.includes(parts.join('.')))
        return refusesAll(parts.join('.'))
      }),
      { numRuns: 500 },
    )
  })

  test('any text', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), refusesAll), {
      numRuns: 500,
    })
  })
})

test('a second signature of an ES256 token is valid too, with the same jti: revoke by jti', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const revoked = new Set<unknown>(['token-1'])
  const options = { publicKey: await exportJWK(publicKey), issuer, audience, algorithms: ['ES256'] } as const
  const token = await signed({ jti: 'token-1' }, { alg: 'ES256' }, privateKey)
  const [head = '', body = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  // The order of P-256 (SEC 2, section 2.4.2): (r, s) and (r, n - s) are valid for the same message.
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = n - BigInt(`0x${bytes.toString('hex', 32)}`)
  const second = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  const respelt = `${head}.${body}.${second.toString('base64url')}`
  expect(respelt).not.toBe(token)
  expect(await jwtUser(options)({}, bearing(respelt))).toMatchObject({ jti: 'token-1' })
  const user = jwtUser({ ...options, map: ({ jti, sub }) => (revoked.has(jti) ? null : { id: sub }) })
  for (const each of [token, respelt]) expect(await user({}, bearing(each))).toBeNull()
})
