// Makes a release of what is committed, in release/, and stops before publishing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const release = join(root, 'release')

if (said('git', ['status', '--porcelain']) !== '')
  fail('Commit everything first: a release is what others can check out.')
const pending = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md')
if (pending.length > 0) fail(`Run npm run version-packages and commit: ${pending.join(', ')} has no version yet.`)

// In a clone, so that nothing is in the packages which is not in the repository.
const clone = mkdtempSync(join(tmpdir(), 'pingerchips-release-'))
try {
  run('git', ['clone', '--quiet', root, clone], root)
  run('npm', ['test'], clone)
  rmSync(release, { recursive: true, force: true })
  mkdirSync(release)
  run(process.execPath, [join(clone, 'scripts', 'pack.mjs'), release], clone)
} finally {
  rmSync(clone, { recursive: true, force: true })
}

console.log(`\nFrom ${said('git', ['rev-parse', 'HEAD']).trim()}:\n`)
for (const file of readdirSync(release).sort()) {
  const bytes = readFileSync(join(release, file))
  console.log(
    `${file}  ${(bytes.length / 1000).toFixed(1)} kB  sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  )
}
console.log('\nNothing is published. To publish, where the job has an identity to sign the provenance with:\n')
console.log('  for package in release/*.tgz; do npm publish "$package"; done')

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) fail(`${command} ${args.join(' ')} did not succeed: there is no release.`)
}

function said(command, args) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout
}

/** An exception, so that the clone is taken away. */
function fail(message) {
  process.on('uncaughtException', ({ message }) => {
    console.error(message)
    process.exit(1)
  })
  throw new Error(message)
}
