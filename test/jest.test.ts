import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeConsumer } from './packages/consumer.ts'
import { entriesOf, type Packed, packAll, root } from './packages/pack.ts'

/** Milliseconds: ts-jest compiles, on a machine that may have much else to do. */
const patience = 600_000
const installed = join(root, 'test/heavy/node_modules')
let packed: Packed[]
let folder: string

beforeAll(async () => {
  packed = await packAll()
  folder = makeConsumer(packed, 'newest-commonjs')
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  for (const name of ['app.test.js', 'app-types.ts'])
    copyFileSync(join(root, 'test/heavy/project', name), join(folder, name))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "compilerOptions": { "module": "commonjs", "esModuleInterop": true } }',
  )
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  for (const name of ['@types/jest', 'typescript'])
    symlinkSync(join(installed, name), join(folder, 'node_modules', name))
}, patience)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(['jest29', 'jest'])('%s', (jest) => {
  test(
    'runs a CommonJS test of every package without configuration',
    async () => {
      expect(await run(jest, '{}')).toMatch(/Test Suites: 1 passed, 1 total\nTests: +3 passed, 3 total/)
    },
    patience,
  )

  test.each(['ts-jest', '@swc/jest'])(
    'runs a TypeScript test by %s',
    async (transformer) => {
      const transform = { '\\.ts$': join(installed, transformer) }
      const config = { testRegex: 'app-types\\.ts$', transform }
      expect(await run(jest, JSON.stringify(config))).toMatch(
        /Test Suites: 1 passed, 1 total\nTests: +1 passed, 1 total/,
      )
    },
    patience,
  )
})

/** What Jest reports; with its failures, if there are any. */
async function run(jest: string, config: string): Promise<string> {
  const args = [join(installed, jest, 'bin/jest.js'), '--rootDir', folder, '--config', config]
  const env = { ...process.env, NODE_OPTIONS: '', PINGERCHIPS_ENTRIES: packed.flatMap(entriesOf).join(' ') }
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-experimental-require-module', ...args], {
    cwd: folder,
    env,
  }).catch((error: { stderr: string }) => error)
  return stderr
}
