import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startVitest } from 'vitest/node'
import { bundle } from './bundle.ts'
import { install, pack } from './packed.ts'
import { programs, type Runtime, reasonAgainst, runtimes } from './runtimes.ts'
import { type Row, Table } from './table.ts'

/**
 * Runs the conformance suite for every package, packed and installed, on every runtime:
 * `npm run matrix -- [ids of runtimes and programs …]`; `node24 bun koa` runs Koa on those two. Exits with 1 unless every
 * cell has passed or is not applicable.
 */
const root = process.cwd()
const wanted = process.argv.slice(2)
const runtimeIds = runtimes.map(({ id }) => id)
const programIds = programs.map(({ id }) => id)
const unknown = wanted.filter((name) => ![...runtimeIds, ...programIds].includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there is ${[...runtimeIds, ...programIds].join(', ')}.`)
  process.exit(1)
}
/** Those of a list that are wanted; all if none is. */
const chosen = <T extends string>(all: readonly T[]): readonly T[] => {
  const named = all.filter((name) => wanted.includes(name))
  return named.length > 0 ? named : all
}
const chosenRuntimes = runtimes.filter(({ id }) => chosen(runtimeIds).includes(id))
const chosenPrograms = chosen(programIds)

/** A test file for each program, since vitest runs files. */
const testFolder = join(root, 'test/matrix/.generated')
await rm(testFolder, { recursive: true, force: true })
await mkdir(testFolder)
for (const id of programIds)
  await writeFile(
    join(testFolder, `${id}.test.ts`),
    id === 'vectors'
      ? "import { runVectors } from '../suites/vectors.ts'\nawait runVectors()\n"
      : `import { runRemotely } from '../suites/remote.ts'\nawait runRemotely('${id}')\n`,
  )

/** Outside the repository: there Node would find its packages where a tarball lacks one. */
const folder = await mkdtemp(join(tmpdir(), 'pingerchips-matrix-'))
try {
  const tarballs = await pack(root, join(folder, 'tarballs'))
  const rows = await twoAtOnce(chosenRuntimes, (runtime) => prepare(runtime, tarballs))
  // Fewer malformed connections than in the adapters' own tests.
  process.env.FUZZ ??= '300'
  const vitest = await startVitest('test', [], {
    config: false,
    root: testFolder,
    reporters: ['default'],
    watch: false,
    pool: 'threads',
    maxWorkers: 2,
    projects: rows.filter(({ fault }) => fault === '').map(({ runtime }) => project(runtime)),
  })
  const table = new Table(rows, chosenPrograms, vitest.state.getTestModules())
  await vitest.close()
  console.log(`\n${table.toString(true)}\n`)
  if (!table.isGreen) process.exitCode = 1
  else if (wanted.length === 0) await document(table.toString(false))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function prepare(runtime: Runtime, tarballs: Readonly<Record<string, string>>): Promise<Row> {
  const own = join(folder, runtime.id)
  try {
    await install(root, own, tarballs, runtime)
    await bundle(root, own, runtime)
    const { stdout } = await promisify(execFile)(runtime.executable(own), ['--version'])
    return { runtime, version: /\d[\d.-]*\d/.exec(stdout)?.[0] ?? '', fault: '' }
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error)
    console.error(`${runtime.name} could not be prepared: ${fault}`)
    return { runtime, version: '', fault }
  }
}

function project(runtime: Runtime) {
  const included = programs.filter(
    (program) => chosenPrograms.includes(program.id) && reasonAgainst(runtime, program) === undefined,
  )
  return {
    test: {
      name: runtime.id,
      root: testFolder,
      include: included.map(({ id }) => `${id}.test.ts`),
      provide: { runtime: runtime.id, folder: join(folder, runtime.id) },
      isolate: false,
      testTimeout: 15_000,
      // Built, and the same for every row: nothing to transform.
      server: { deps: { external: [/\/dist\//] } },
    },
  }
}

/** Writes the table into the documentation, if it has changed. */
async function document(table: string): Promise<void> {
  const file = join(root, 'docs/runtimes.md')
  const text = await readFile(file, 'utf8')
  const [before = '', after = ''] = text.split(/(?<=<!-- matrix -->\n).*(?=<!-- \/matrix -->)/s)
  const whole = `${before}\n${table}\n\n${after}`
  if (whole === text) return
  await writeFile(file, whole)
  console.log('The table in docs/runtimes.md has changed and was written.')
}

/** The machine may have no more cores. */
async function twoAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all([worker(), worker()])
  return results
}
