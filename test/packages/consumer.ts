import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Packed, root, unpack } from './pack.ts'

/** An end of the version ranges of the packages' peers. */
export type PeerVersions = 'newest' | 'minimum' | 'newest-commonjs'

/** Peers whose newest version is an ES module alone, with the name of the newest that is not. */
const commonJsVersions: Readonly<Record<string, string>> = { h3: 'h3v1' }

function installedAs(peer: string, peers: PeerVersions): string {
  if (peers === 'minimum') return minimumOf(peer)
  return peers === 'newest-commonjs' ? (commonJsVersions[peer] ?? peer) : peer
}

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
      link(join(workspace, installedAs(name, peers)), join(nodeModules, name))
  }
  link(join(root, 'test/node_modules/@types/node'), join(nodeModules, '@types/node'))
  for (const [source, type] of [
    ['src', 'module'],
    ['src-commonjs', 'commonjs'],
  ] as const) {
    mkdirSync(join(folder, source))
    for (const one of packed) cpSync(consumerFile(one.folder), join(folder, source, `${one.folder}.ts`))
    writeFileSync(join(folder, source, 'package.json'), JSON.stringify({ type }))
  }
  return folder
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to, 'junction')
}

/** How a project in TypeScript resolves what it imports. */
export interface Mode {
  readonly module: 'commonjs' | 'esnext' | 'node16' | 'nodenext'
  readonly moduleResolution: 'node10' | 'node16' | 'nodenext' | 'bundler'
  /** Of the project's package.json: what `node16` and `nodenext` make of a file. */
  readonly type: 'commonjs' | 'module'
}

const node: readonly Mode[] = (['node16', 'nodenext'] as const).flatMap((module) =>
  (['commonjs', 'module'] as const).map((type) => ({ module, moduleResolution: module, type })),
)
const bundler: Mode = { module: 'esnext', moduleResolution: 'bundler', type: 'module' }
const node10: readonly Mode[] = (['commonjs', 'esnext'] as const).map((module) => ({
  module,
  moduleResolution: 'node10',
  type: 'commonjs',
}))
const commonJsBundler: Mode = { module: 'commonjs', moduleResolution: 'bundler', type: 'commonjs' }

/** The versions of TypeScript that are tested, each with the modes that it has. TypeScript 7 has no `node10`. */
export const modesOf: Readonly<Record<string, readonly Mode[]>> = {
  'typescript5.2': [...node10, ...node, bundler],
  'typescript5.7': [...node10, ...node, bundler],
  'typescript5.9': [...node10, ...node, bundler],
  typescript6: [...node10, ...node, bundler, commonJsBundler],
  typescript7: [...node, bundler, commonJsBundler],
}

/**
 * Compiles files of a consumer's, and the declarations of all that they import.
 * @param names of files in its src/
 * @returns the errors in the files and in the declarations of @pingerchips packages, sorted
 */
export async function compile(
  folder: string,
  typescript: string,
  { module, moduleResolution, type }: Mode,
  names: readonly string[],
): Promise<string[]> {
  const source = type === 'module' ? 'src' : 'src-commonjs'
  const config = `tsconfig.${[typescript, module, moduleResolution, type, ...names].join('-')}.json`
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    esModuleInterop: true,
    noEmit: true,
    skipLibCheck: false,
    ...(typescript === 'typescript6' && { ignoreDeprecations: '6.0' }),
  }
  const files = names.map((name) => `${source}/${name}.ts`)
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, 'test/heavy/node_modules', typescript, 'bin/tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
    cwd: folder,
    maxBuffer: 2 ** 24,
  }).then(
    () => '',
    // A compiler that could not run at all has no stdout.
    ({ stdout, message }: { stdout?: string; message: string }) => stdout || message,
  )
  // A line that begins with spaces continues the one before it. The declarations of some frameworks have errors of their own.
  const errors = output.split(/\n(?! )/).filter((line) => line.trim() !== '')
  return errors.filter((line) => !/\bnode_modules\/(?!@pingerchips\/)/.test(line)).sort()
}
