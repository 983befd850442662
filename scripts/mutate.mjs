// Mutation testing of packages, by StrykerJS: npm run mutate [-- core express …]
// In a clone: Stryker changes the files in place, and a run that is killed would leave them changed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const named = process.argv.slice(2)
const packages = named.length > 0 ? named : ['core', 'jwt', 'express', 'fastify', 'h3', 'hono', 'koa', 'nestjs']

const clone = mkdtempSync(join(tmpdir(), 'pingerchips-mutate-'))
let failed = []
try {
  run('git', ['clone', '--quiet', root, clone], root)
  if (run(process.execPath, [join(clone, 'scripts/setup.mjs')], clone) !== 0) process.exit(1)
  const stryker = join(clone, 'mutation/node_modules/@stryker-mutator/core/bin/stryker.js')
  const config = join(clone, 'mutation/stryker.config.js')
  failed = packages.filter(
    (name) => run(process.execPath, [stryker, 'run', config], join(clone, 'packages', name)) !== 0,
  )
} finally {
  rmSync(clone, { recursive: true, force: true })
}
if (failed.length > 0) console.error(`Too many mutants survive in ${failed.join(', ')}.`)
process.exit(failed.length > 0 ? 1 : 0)

function run(command, args, cwd) {
  return spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' }).status
}
