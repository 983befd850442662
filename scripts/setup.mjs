// Installs and builds. `node scripts/setup.mjs demo` installs no more than `npm start` runs, `tests` what `npm test` runs.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or later is needed; this is ${process.versions.node}.`)

/** Packages that only larger tiers of tests need: frameworks, runtimes and compilers of hundreds of megabytes. */
const heavy = [
  '@examples/astro-app',
  '@examples/hono-workers',
  '@examples/nestjs-passport-jwt',
  '@examples/next-app',
  '@examples/react-router-app',
  '@examples/sveltekit-app',
  '@pingerchips/heavy-tests',
  '@pingerchips/mutation',
  '@pingerchips/reference',
]
const filters = {
  demo: ['--prod', '--filter', '@examples/demo...', '--filter', '@pingerchips/scripts'],
  tests: heavy.flatMap((name) => ['--filter', `!${name}`]),
  all: [],
}

// An install of less would remove what a larger one has installed.
const [wanted = 'all'] = process.argv.slice(2)
const has = (path) => existsSync(join(root, path, 'node_modules'))
const scope = has('test/heavy') ? 'all' : has('test') && wanted === 'demo' ? 'tests' : wanted
const pnpm = [
  '--yes',
  'pnpm@12.21.0',
  'install',
  '--frozen-lockfile',
  '--prefer-offline',
  '--config.confirmModulesPurge=false',
]
run('npx', [...pnpm, ...filters[scope]])
run(process.execPath, [join(root, 'scripts', 'build.mjs'), ...(scope === 'demo' ? ['--no-types'] : [])])

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) fail(`${command} did not succeed${error ? `: ${error.message}` : ` (exit ${status})`}.`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
