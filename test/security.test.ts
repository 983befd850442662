import { existsSync, readFileSync } from 'node:fs'
import { corpus } from '@pingerchips/conformance'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const rows = readFileSync(new URL('SECURITY.md', root), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|-+) /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', tried = '']) => ({ threat, tried }))

test('SECURITY.md has a table of threats', () => expect(rows.length).toBeGreaterThan(30))

test.each(rows)('SECURITY.md names an existing test for "$threat"', ({ tried }) => {
  const files = [...tried.matchAll(/\]\(([^)]*)\)/g)].map(([, file = '']) => file)
  expect(files).not.toEqual([])
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([])
})

test('SECURITY.md names every threat of the corpus, and no other', () => {
  const quoted = rows.flatMap(({ tried }) => [...tried.matchAll(/"([^"]*)"/g)].map(([, name]) => name))
  expect(quoted.sort()).toEqual(Object.keys(corpus).sort())
  expect(Object.entries(corpus).filter(([, tries]) => tries.length === 0)).toEqual([])
})
