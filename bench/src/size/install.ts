import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('../..', import.meta.url))

/** Bytes on disk of a package and of all that it depends on, each once; a framework is the app's own. */
export function installSize(name: string): number {
  const folders = new Set<string>()
  collect(name, here, folders)
  return [...folders].map(sizeOf).reduce((sum, size) => sum + size, 0)
}

function collect(name: string, from: string, folders: Set<string>): void {
  const folder = realpathSync(folderOf(name, from))
  if (folders.has(folder)) return
  folders.add(folder)
  for (const dependency of Object.keys(manifestOf(folder).dependencies ?? {})) collect(dependency, folder, folders)
}

function folderOf(name: string, from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(folder)) return folder
    if (at === dirname(at)) throw new Error(`${name} is not installed for ${from}.`)
  }
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Of a package in this workspace what its tarball has; of another one all that it came with. */
function sizeOf(folder: string): number {
  const packed = ['dist', 'package.json', 'README.md', 'CHANGELOG.md']
  const parts = manifestOf(folder).name.startsWith('@pingerchips/') ? packed : readdirSync(folder)
  return parts
    .filter((part) => part !== 'node_modules')
    .map((part) => join(folder, part))
    .flatMap((part) =>
      statSync(part).isDirectory()
        ? readdirSync(part, { recursive: true, encoding: 'utf8' }).map((file) => join(part, file))
        : [part],
    )
    .map((file) => (statSync(file).isFile() ? statSync(file).size : 0))
    .reduce((sum, size) => sum + size, 0)
}
