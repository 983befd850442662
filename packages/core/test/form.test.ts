import { expect, test } from 'vitest'
import { parseForm } from '../src/auth/parse-request.ts'

test.each<[text: string, fields: [name: string, value: string][]]>([
  ['', []],
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['&&a=1&', [['a', '1']]],
  ['a=b=c', [['a', 'b=c']]],
  ['a', [['a', '']]],
  ['ab=', [['ab', '']]],
  ['=a', [['', 'a']]],
  ['a+b=c+d%2B%20e', [['a b', 'c d+ e']]],
  [
    'a[__proto__]=b&a.b=c',
    [
      ['a[__proto__]', 'b'],
      ['a.b', 'c'],
    ],
  ],
])('%j is %j', (text, fields) => {
  expect([...(parseForm(text) ?? [])]).toEqual(fields)
  expect([...new URLSearchParams(text)]).toEqual(fields)
})

test.each(['a=1&a=2', 'a&%61=2', '%=1', 'a=%', 'a=%ff', '%e2&%98%83'])(
  '%j is refused: repeated, or malformed',
  (text) => {
    expect(parseForm(text)).toBeUndefined()
  },
)

test('200 fields at most', () => {
  const fields = Array.from({ length: 201 }, (_, index) => `f${index}=`)
  expect(parseForm(fields.slice(1).join('&'))?.size).toBe(200)
  expect(parseForm(fields.join('&'))).toBeUndefined()
})
