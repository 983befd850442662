// Compiles what has changed, and takes away what a source that is gone has left behind: it would be packed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(1)
for (const name of readdirSync(join(root, 'packages'))) sweep(join(root, 'packages', name))

/** @param {string} folder a package, whose `dist` mirrors its `src` */
function sweep(folder) {
  const dist = join(folder, 'dist')
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    const source = join(folder, 'src', relative(dist, file).replace(/(\.d\.ts|\.js)$/, '.ts'))
    if (!existsSync(source)) rmSync(file, { recursive: true, force: true })
  }
}
