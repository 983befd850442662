import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactBytes, isLongerThan, joinBytes } from '../src/internal/bytes.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })

test('a text exceeds a limit when it has more bytes of UTF-8', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: -3, max: 3 }), (value, more) => {
      const bytes = Buffer.byteLength(value)
      expect(exactBytes(value)).toBe(bytes)
      expect(isLongerThan(value, bytes + more)).toBe(more < 0)
    }),
  )
})

test('parts are joined in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (parts) => {
      const whole = Buffer.concat(parts)
      expect(Buffer.from(joinBytes(parts, whole.byteLength))).toEqual(whole)
    }),
  )
})

test('a single part is given back as it is', () => {
  const part = Uint8Array.of(1, 2, 3)
  expect(joinBytes([part], 3)).toBe(part)
})
