import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './packages/pack.ts'
import { platforms } from './platforms/platforms.ts'
import { runPlatforms } from './platforms/run-platform.ts'

test('docs/runtimes.md has a row for each platform, with a test that exists', () => {
  const [, section = ''] = /^## Platforms\n(.*?)^#/ms.exec(readFileSync(`${root}docs/runtimes.md`, 'utf8')) ?? []
  for (const { name } of platforms) expect(section).toContain(/^[\w.]+ \d+/.exec(name)?.[0])
  const files = section.match(/test\/[\w./-]+\.ts/g) ?? []
  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((file) => !existsSync(root + file))).toEqual([])
})

runPlatforms('all')
