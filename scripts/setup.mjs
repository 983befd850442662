// Installs and builds, and does neither again while nothing that they depend on has changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.pingerchips-installed')

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or later is needed; this is ${process.versions.node}.`)

const wanted = fingerprint()
if (read(stamp) !== wanted) {
  run('npx', ['--yes', 'pnpm@12.21.0', 'install', '--frozen-lockfile', '--prefer-offline'])
  writeFileSync(stamp, wanted)
}
run(process.execPath, [join(root, 'scripts', 'build.mjs')])

/** Everything that `pnpm install` reads. */
function fingerprint() {
  const manifests = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  )
  const hash = createHash('sha256')
  for (const file of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'bench/package.json',
    'reference/package.json',
    'test/package.json',
    ...manifests.sort(),
  ])
    hash.update(`${file}\0${read(join(root, file))}\0`)
  return hash.digest('hex')
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

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
