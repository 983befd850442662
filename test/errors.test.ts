import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The members of the union type in the source: the compiler knows the same ones. */
const union =
  /export type PingerchipsErrorCode =((?:\s*\|\s*'\w+')+)/.exec(read('packages/core/src/errors.ts'))?.[1] ?? ''
const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code)
const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)`\s*\|([^|]+)\|([^|]+)\|$/gm)]

test('docs/errors.md has each error code once, and no other', () => {
  expect(codes.length).toBeGreaterThan(20)
  expect(rows.map(([, code]) => code).sort()).toEqual([...codes, 'invalid_argument'].sort())
})

test.each(rows.map(([, code = '', cause = '', fix = '']) => [code, cause, fix]))(
  '%s has a cause and a fix in docs/errors.md',
  (_code, cause, fix) => {
    expect(cause.trim().length).toBeGreaterThan(5)
    expect(fix.trim().length).toBeGreaterThan(5)
  },
)
