import fc from 'fast-check'
import { describe, test } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { bearing, context } from './endpoint.ts'
import { keys, now, rs256, signed } from './tokens.ts'

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
