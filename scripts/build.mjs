// Compiles what has changed, takes away what a source that is gone has left behind, since it would be packed, and makes
// the bundle that core has on Node once it is published: 40 modules take three times as long to load as two.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(1)
for (const name of readdirSync(join(root, 'packages'))) sweep(join(root, 'packages', name))
await bundle(join(root, 'packages', 'core'))

/** Every entry of a package that has a bundle, with what they share and what is loaded later in files of their own. */
async function bundle(folder) {
  const { publishConfig } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const bundled = Object.values(publishConfig.exports).flatMap(({ node }) => node ?? [])
  const { outputFiles } = await build({
    entryPoints: bundled.map((file) => join(folder, file.replace('/bundle/', '/'))),
    outdir: join(folder, 'dist', 'bundle'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['node'],
    packages: 'external',
    // What the `imports` of package.json choose for Node is packed in; esbuild would take it for a package.
    plugins: [
      {
        name: 'imports',
        setup: ({ onResolve }) => onResolve({ filter: /^#/ }, ({ path }) => ({ path: chosen(folder, path) })),
      },
    ],
  })
  const to = join(folder, 'dist', 'bundle')
  mkdirSync(to, { recursive: true })
  // Not before all is there: a process may be reading the files of the last time.
  for (const { path, contents } of outputFiles) writeFileSync(path, contents)
  const kept = new Set(outputFiles.map(({ path }) => path))
  for (const file of readdirSync(to)) if (!kept.has(join(to, file))) rmSync(join(to, file))
}

function chosen(folder, name) {
  const { imports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, imports[name].node)
}

/** @param {string} folder a package, whose `dist` mirrors its `src` */
function sweep(folder) {
  const dist = join(folder, 'dist')
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (relative(dist, file).split(sep)[0] === 'bundle') continue
    const source = join(folder, 'src', relative(dist, file).replace(/(\.d\.ts|\.js)$/, '.ts'))
    if (!existsSync(source)) rmSync(file, { recursive: true, force: true })
  }
}
