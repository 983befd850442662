import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Packed, root, unpack } from './pack.ts'

/** An end of the version ranges of the packages' peers. */
export type PeerVersions = 'newest' | 'minimum'

/** The name in devDependencies of the minimum version of a peer: `@types/koa` is `types-koa-min`. */
export function minimumOf(peer: string): string {
  return `${peer.replace('@', '').replace('/', '-')}-min`
}

/** The code of a user of a package, compiled in the projects below. */
export function consumerFile(folder: string): string {
  return join(root, 'packages', folder, 'test/consumer.ts')
}

/** A project outside of the workspace, with the packed packages, their dependencies and their peers. */
export function makeConsumer(packed: readonly Packed[], peers: PeerVersions): string {
  const folder = mkdtempSync(join(tmpdir(), 'pingerchips-consumer-'))
  const nodeModules = join(folder, 'node_modules')
  for (const one of packed) {
    const own = unpack(one, nodeModules)
    const workspace = join(root, 'packages', one.folder, 'node_modules')
    for (const name of Object.keys(one.manifest.dependencies ?? {}))
      if (!name.startsWith('@pingerchips/')) link(join(workspace, name), join(own, 'node_modules', name))
    for (const name of Object.keys(one.manifest.peerDependencies ?? {}))
      link(join(workspace, peers === 'newest' ? name : minimumOf(name)), join(nodeModules, name))
  }
  link(join(root, 'test/node_modules/@types/node'), join(nodeModules, '@types/node'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  mkdirSync(join(folder, 'src'))
  for (const one of packed) cpSync(consumerFile(one.folder), join(folder, 'src', `${one.folder}.ts`))
  return folder
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to, 'junction')
}

/**
 * Compiles files of a consumer's, and the declarations of all that they import.
 * @param names of files in its src/
 * @returns the errors, sorted
 */
export async function compile(
  folder: string,
  typescript: string,
  moduleResolution: 'nodenext' | 'bundler',
  names: readonly string[],
): Promise<string[]> {
  const config = `tsconfig.${typescript}.${moduleResolution}.${names.join('-')}.json`
  const compilerOptions = {
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  }
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files: names.map((name) => `src/${name}.ts`) }))
  const tsc = join(root, 'test/node_modules', typescript, 'bin/tsc')
  return promisify(execFile)(process.execPath, [tsc, '-p', config], { cwd: folder }).then(
    () => [],
    // A compiler that could not run has no stdout.
    ({ stdout, message }: { stdout?: string; message: string }) => (stdout || message).trim().split('\n').sort(),
  )
}

/** The errors of a compiler for the frameworks' own declarations, without any of ours. */
export async function compileAlone(
  folder: string,
  typescript: string,
  resolution: 'nodenext' | 'bundler',
  packages: readonly string[],
): Promise<string[]> {
  if (packages.length === 0) return []
  const name = `${packages.join('-')}-alone`
  writeFileSync(join(folder, 'src', `${name}.ts`), packages.map((one) => `import '${one}'\n`).join(''))
  return compile(folder, typescript, resolution, [name])
}
