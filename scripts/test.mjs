// Runs the tests of every project of which anything has changed since it passed, and says which it leaves out.
// npm test -- --all runs them all; so does a fresh clone, and so CI.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamps = join(root, 'node_modules', '.cache', 'passed')

const keys = new Map([...readdirSync(join(root, 'packages')), 'whole'].map((project) => [project, keyOf(project)]))
const isAll = process.argv.includes('--all')
const passed = [...keys].filter(([project, key]) => !isAll && key !== undefined && read(join(stamps, project)) === key)
const stale = [...keys.keys()].filter((project) => !passed.some(([name]) => name === project))

if (passed.length > 0)
  console.log(
    `Unchanged since they passed, and not run again: ${passed.map(([project]) => project).join(', ')}. All: npm test -- --all`,
  )
if (stale.length > 0) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const projects = stale.flatMap((project) => ['--project', project])
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.workspace.ts', ...projects], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
  mkdirSync(stamps, { recursive: true })
  for (const project of stale) writeFileSync(join(stamps, project), keys.get(project) ?? '')
}

/** All that a project's tests depend on: its files, those of the packages that it is made of, and the machine. */
function keyOf(project) {
  const folders = project === 'whole' ? [''] : [...dependenciesOf(project)].map((name) => `packages/${name}/`)
  const shared = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'tsconfig',
    'vitest.workspace.ts',
    'scripts/',
  ]
  const files = tracked()?.filter((file) => [...folders, ...shared].some((start) => file.startsWith(start)))
  if (files === undefined) return undefined
  const hash = createHash('sha256')
  const programs = ['/usr/bin/chromium', '/usr/bin/redis-server'].filter(existsSync)
  const settings = Object.entries(process.env).filter(([name]) => /^(FUZZ|FAULT)/.test(name))
  hash.update(JSON.stringify([process.version, programs, settings.sort()]))
  for (const file of files) hash.update(`\0${file}\0${read(join(root, file))}`)
  return hash.digest('hex')
}

/** A package, and the packages of the workspace that it is made of and tested with. */
function dependenciesOf(project, seen = new Set()) {
  seen.add(project)
  const { dependencies, devDependencies } = JSON.parse(read(join(root, 'packages', project, 'package.json')))
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const [, folder] = /^@pingerchips\/(.+)/.exec(name) ?? []
    if (folder !== undefined && !seen.has(folder)) dependenciesOf(folder, seen)
  }
  return seen
}

/** Every file that is not ignored; `undefined` where there is no git to ask. */
function tracked() {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 })
  return status === 0 ? stdout.split('\0').filter(Boolean).sort() : undefined
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'latin1') : ''
}
