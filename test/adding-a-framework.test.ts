import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { conformance } from '@pingerchips/conformance'
import type { Harness } from '@pingerchips/conformance/app'
import { expect, test } from 'vitest'
import { type FetchAdapter, startFetch } from './recipe/fetch-framework.ts'
import { snippetsOf } from './snippets.ts'

/** Each block of docs/adding-a-framework.md, and the file that its reader writes. */
const files: Readonly<Record<string, string>> = {
  'recipe-node': 'src/index.ts',
  'recipe-harness': 'test/app.ts',
  'recipe-fetch': 'src/fetch.ts',
}

const snippets = snippetsOf('docs/adding-a-framework.md')
const folder = fileURLToPath(new URL('recipe/.generated/', import.meta.url))
rmSync(folder, { recursive: true, force: true })
for (const name of ['src', 'test']) mkdirSync(folder + name, { recursive: true })
for (const { name, code } of snippets) writeFileSync(folder + files[name], code)

test('docs/adding-a-framework.md: its code is whole and compiles', () => {
  expect(snippets.map(({ name }) => name).sort()).toEqual(Object.keys(files).sort())
  const compilerOptions = { composite: false, noEmit: true }
  writeFileSync(
    `${folder}tsconfig.json`,
    JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions, include: ['src', 'test'] }),
  )
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  let said = ''
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    said = (error as { stdout: string }).stdout
  }
  expect(said).toBe('')
}, 60_000)

// The adapter for Request and Response has no framework of its own, and gets a small one.
const { harnesses }: { harnesses: readonly Harness[] } = await import(`${folder}test/app.ts`)
for (const harness of harnesses) conformance(harness)
const { pingerchips }: { pingerchips: FetchAdapter } = await import(`${folder}src/fetch.ts`)
conformance({ name: 'the recipe for Request and Response', parsers: ['none'], start: startFetch(pingerchips) })
