import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../src/index.ts'

const salt = 'canary-canary-16'

test('is HMAC-SHA256 with the salt, of the parts as netstrings behind their number', () => {
  const hmac = (message: string) => createHmac('sha256', salt).update(message).digest('hex')
  expect(fingerprint(['ab', 'c'], { salt })).toBe(hmac('2:2:ab,1:c,'))
  expect(fingerprint(['☃'], { salt, length: 16 })).toBe(hmac('1:3:☃,').slice(0, 16))
  expect(fingerprint([''], { salt, length: 1 })).toBe(hmac('1:0:,').slice(0, 1))
})

test.each([
  [
    ['ab', 'c'],
    ['a', 'bc'],
  ],
  [['abc'], ['ab', 'c']],
  [['a'], ['a', '']],
  [
    ['a', ''],
    ['', 'a'],
  ],
  [['1:a,'], ['a']],
  [['a,1:b'], ['a', 'b']],
  [['é'], ['e\u0301']],
])('%j is not %j', (one, other) => {
  expect(fingerprint(one, { salt })).not.toBe(fingerprint(other, { salt }))
})

/** Texts of what the encoding itself is made of, so that they would collide if anything did. */
const tricky = fc.array(fc.string({ unit: fc.constantFrom('1', '2', ':', ',', 'a', 'é', '𝄞'), maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
})

test('two lists of parts have one fingerprint only if they are one list', () => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(tricky, (parts) => {
      const print = fingerprint(parts, { salt })
      const list = JSON.stringify(parts)
      const other = seen.get(print) ?? list
      seen.set(print, list)
      return other === list
    }),
    { numRuns: 20_000 },
  )
})

test('however a text is divided, each division has its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 2, maxLength: 12 }), (text) => {
      const characters = [...text]
      const divisions = characters.map((_, index) => [
        characters.slice(0, index).join(''),
        characters.slice(index).join(''),
      ])
      expect(new Set(divisions.map((parts) => fingerprint(parts, { salt }))).size).toBe(divisions.length)
    }),
  )
})

test('another salt gives another, and a length the beginning of the whole', () => {
  const parts = ['203.0.113.0', 'a browser']
  const whole = fingerprint(parts, { salt })
  expect(whole).toMatch(/^[0-9a-f]{64}$/)
  expect(fingerprint(parts, { salt: `${salt}x` })).not.toBe(whole)
  for (const length of [1, 16, 63, 64]) expect(fingerprint(parts, { salt, length })).toBe(whole.slice(0, length))
})

describe('refuses', () => {
  const hole: string[] = ['a']
  hole[2] = 'c'
  test.each<[name: string, parts: unknown, options: unknown, message: RegExp]>([
    ['no parts', [], { salt }, /^parts must be .*\(received an empty array\)/],
    ['a text', 'ab', { salt }, /^parts must be .*\(received a string\)/],
    ['a number', ['a', 1], { salt }, /^parts\[1] must be a string \(received a number\)/],
    ['undefined', [undefined], { salt }, /^parts\[0] must be a string \(received undefined\)/],
    ['a hole', hole, { salt }, /^parts\[1] must be a string/],
    ['a lone surrogate', ['\ud800'], { salt }, /^parts\[0] must be well-formed/],
    ['no options', ['a'], undefined, /^options must be an object/],
    ['no salt', ['a'], {}, /^options\.salt must be .*\(received undefined\)/],
    ['an empty salt', ['a'], { salt: '' }, /^options\.salt must be .*\(received an empty string\)/],
    ['a short salt', ['a'], { salt: 'canary-canary-1' }, /^options\.salt must be .*\(received 15 bytes\)/],
    ['a salt in bytes', ['a'], { salt: new Uint8Array(32) }, /^options\.salt must be/],
    ['a salt that is not well-formed', ['a'], { salt: `${salt}\ud800` }, /\(received text with a lone surrogate\)/],
    ['a misspelt option', ['a'], { salt, size: 8 }, /^Unknown option 'size'/],
    ...[0, 65, 1.5, Number.NaN, '8', null].map(
      (length) =>
        [`the length ${length}`, ['a'], { salt, length }, /^options\.length must be/] as [
          string,
          unknown,
          unknown,
          RegExp,
        ],
    ),
  ])('%s', (_name, parts, options, message) => {
    const error = caught(() => fingerprint(parts as string[], options as { salt: string }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
    expect(`${error.message} ${error.stack}`).not.toContain('canary-canary')
  })
})

function caught(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
