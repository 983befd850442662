// Packs what is published: node scripts/pack.mjs <folder>
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Say where to: node scripts/pack.mjs <folder>')
  process.exit(1)
}
const published = readdirSync(join(root, 'packages'))
  .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')))
  .filter((manifest) => !manifest.private)
const { status } = spawnSync(
  'npx',
  [
    ...['--yes', 'pnpm@12.21.0', '--recursive', '--workspace-concurrency=1'],
    ...published.flatMap(({ name }) => ['--filter', name]),
    ...['pack', '--pack-destination', resolve(folder)],
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
)
process.exit(status ?? 1)
