import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createPackageFromTarballData, type Package } from '@arethetypeswrong/core'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** A package as a user would get it. */
export interface Packed {
  /** Its folder in packages/. */
  readonly folder: string
  readonly manifest: Manifest
  readonly tarball: Uint8Array
  /** What is in the tarball: paths from the package's root. */
  readonly files: readonly string[]
  readonly contents: Package
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The packages that are published. */
export const published: readonly string[] = readdirSync(join(root, 'packages')).filter(
  (folder) => !JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).private,
)

/** Packs each as the release does. */
export async function packAll(): Promise<Packed[]> {
  const to = mkdtempSync(join(tmpdir(), 'pingerchips-packed-'))
  await promisify(execFile)(process.execPath, [join(root, 'scripts/pack.mjs'), to])
  return published.map((folder) => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
    const tarball = readFileSync(join(to, `pingerchips-${folder}-${version}.tgz`))
    const contents = createPackageFromTarballData(tarball)
    const base = `/node_modules/@pingerchips/${folder}/`
    const files = contents.listFiles().map((file) => file.slice(base.length))
    return { folder, manifest: JSON.parse(contents.readFile(`${base}package.json`)), tarball, files, contents }
  })
}

/** Unpacks it, as an installer would. */
export function unpack({ files, contents, manifest }: Packed, nodeModules: string): string {
  const to = join(nodeModules, manifest.name)
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    writeFileSync(join(to, file), contents.readFile(`/node_modules/${manifest.name}/${file}`))
  }
  return to
}

/** The names by which users import a package and its entries. */
export function entriesOf({ manifest: { name, exports } }: Packed): string[] {
  return Object.keys(exports).flatMap((entry) => (entry === './package.json' ? [] : [name + entry.slice(1)]))
}
