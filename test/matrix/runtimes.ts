import { join } from 'node:path'
import { frameworks } from '@pingerchips/conformance/frameworks'

/** A module that the matrix runs on every runtime: see programs/program.ts. */
interface Program {
  readonly id: string
  /** From the root. */
  readonly file: string
  /** The suites that it has: columns of the table. */
  readonly suites: readonly string[]
  /** It listens with `node:http`. */
  readonly needsNodeServer: boolean
}

export const programs: readonly Program[] = [
  { id: 'vectors', file: 'test/matrix/programs/vectors.ts', suites: ['vectors'], needsNodeServer: false },
  {
    id: 'fetch-handler',
    file: 'packages/conformance/test/fetch-handler.ts',
    suites: ['fetchHandler'],
    needsNodeServer: false,
  },
  {
    id: 'node-handler',
    file: 'packages/conformance/test/node-handler.ts',
    suites: ['nodeHandler'],
    needsNodeServer: true,
  },
  ...frameworks.flatMap(({ folder, programs }) =>
    programs.map((program) => ({ ...program, file: `packages/${folder}/${program.file}` })),
  ),
]

/** Where a program's file is, below the folder of its runtime. */
export function programFile(program: string): string {
  // `#primitives` is for core's own files: what runs its vectors must be one.
  return program === 'vectors' ? 'node_modules/@pingerchips/core/dist/vectors-of-the-matrix.js' : `${program}.js`
}

/** How many sockets a Worker has for apps: more than the suite opens of one framework. */
export const workerApps = 32

/** A row of the matrix. */
export interface Runtime {
  readonly id: string
  readonly name: string
  /** The npm packages that have it, for this machine. */
  readonly packages: Readonly<Record<string, string>>
  /** Which `programs/on-….ts` starts a program on it. */
  readonly host: 'node' | 'bun' | 'deno' | 'workerd' | 'service-worker'
  /** Its executable, below the folder that the packages were installed in. */
  readonly executable: (folder: string) => string
  /** What comes before the program's file. */
  readonly args: readonly string[]
  /** Of workerd: what a Worker's configuration says of its compatibility. */
  readonly compatibility?: string
  /** Of what is bundled: the conditions by which the bundler reads package.json. */
  readonly conditions?: readonly string[]
  /** Why a program cannot run there; `undefined`: it can. */
  readonly notApplicable?: (program: Program) => string | undefined
}

const { platform, arch } = process
const target = `${platform}-${arch}`

function node(id: string, version: string, name: string): Runtime {
  const alias = `node-${target}`
  return {
    id,
    name,
    packages: { [alias]: version },
    host: 'node',
    executable: (folder) => join(folder, 'node_modules', alias, 'bin', 'node'),
    args: [],
  }
}

const bun: Runtime = {
  id: 'bun',
  name: 'Bun',
  packages: { [`@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`]: '1' },
  host: 'bun',
  executable: (folder) =>
    join(folder, 'node_modules', '@oven', `bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`, 'bin', 'bun'),
  args: ['run'],
}

const denoPackage = `${target}${platform === 'linux' ? '-glibc' : ''}`
const deno: Runtime = {
  id: 'deno',
  name: 'Deno',
  packages: { [`@deno/${denoPackage}`]: '2' },
  host: 'deno',
  executable: (folder) => join(folder, 'node_modules', '@deno', denoPackage, 'deno'),
  args: ['run', '--allow-all', '--node-modules-dir=manual'],
}

const noListener = 'a Worker responds to a `Request`; it has no `node:http` server for a framework to listen with'
function workerd(
  id: string,
  name: string,
  compatibility: string,
  conditions: readonly string[] = ['workerd', 'worker', 'browser'],
): Runtime {
  const own = `workerd-${platform}-${arch === 'x64' ? '64' : arch}`
  return {
    id,
    name,
    packages: { [`@cloudflare/${own}`]: '1' },
    host: 'workerd',
    executable: (folder) => join(folder, 'node_modules', '@cloudflare', own, 'bin', 'workerd'),
    args: [],
    compatibility,
    conditions,
    notApplicable: ({ needsNodeServer }) => (needsNodeServer ? noListener : undefined),
  }
}

const noServer = 'a browser is no server'
const chromium: Runtime = {
  id: 'chromium',
  name: 'Chromium, in a service worker',
  packages: {},
  host: 'service-worker',
  executable: () => '/usr/bin/chromium',
  args: [],
  conditions: ['browser'],
  notApplicable: ({ id }) =>
    id === 'vectors'
      ? undefined
      : id === 'fetch-handler'
        ? `${noServer}; that it responds to a \`Request\` is among the vectors`
        : noServer,
}

export const runtimes: readonly Runtime[] = [
  node('node20', '20.19.0', 'Node 20.19'),
  node('node22', '22', 'Node 22'),
  node('node24', '24', 'Node 24'),
  node('node26', '26', 'Node 26'),
  bun,
  deno,
  workerd(
    'workerd',
    'workerd, with `nodejs_compat`',
    'compatibilityDate = "2025-11-01", compatibilityFlags = ["nodejs_compat"]',
  ),
  workerd('workerd-today', 'workerd, without a flag', 'compatibilityDate = "2026-08-04"'),
  workerd('edge', 'An edge without `node:crypto`', 'compatibilityDate = "2025-11-01"', ['edge-light', 'browser']),
  chromium,
]

/** Why a program cannot run on a runtime; `undefined`: it can. */
export function reasonAgainst(runtime: Runtime, program: Program): string | undefined {
  return runtime.notApplicable?.(program)
}
