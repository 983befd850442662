import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startVitest } from 'vitest/node'
import { bundle } from './bundle.ts'
import { install, pack } from './packed.ts'
import { type ProgramName, programs, type Runtime, runtimes } from './runtimes.ts'
import { type Row, Table } from './table.ts'

/**
 * Every package, packed and installed, on every runtime, judged by the conformance suite:
 * `npm run matrix -- [a runtime's id, or a program …]`, `node24 bun koa` for Koa on those two. Exits with 1 unless every
 * cell has passed or is not applicable.
 */
const root = process.cwd()
const wanted = process.argv.slice(2)
const ids = runtimes.map(({ id }) => id)
const unknown = wanted.filter((name) => ![...ids, ...programs].includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there is ${[...ids, ...programs].join(', ')}.`)
  process.exit(1)
}
/** Those of a list that are wanted; all if none is. */
const chosen = <T extends string>(all: readonly T[]): readonly T[] => {
  const named = all.filter((name) => wanted.includes(name))
  return named.length > 0 ? named : all
}
const judged = runtimes.filter(({ id }) => chosen(ids).includes(id))
const judgedPrograms = chosen<ProgramName>(programs)

/** Outside the repository: there Node would find its packages where a tarball lacks one. */
const folder = await mkdtemp(join(tmpdir(), 'pingerchips-matrix-'))
try {
  const tarballs = await pack(root, join(folder, 'tarballs'))
  const rows = await twoAtOnce(judged, (runtime) => prepare(runtime, tarballs))
  // Fewer malformed requests than Node has in every adapter's own tests.
  process.env.FUZZ ??= '300'
  const vitest = await startVitest('test', [], {
    config: false,
    root: join(root, 'test/matrix/judge'),
    reporters: ['default'],
    watch: false,
    pool: 'threads',
    maxWorkers: 2,
    projects: rows.filter(({ fault }) => fault === '').map(({ runtime }) => project(runtime)),
  })
  const table = new Table(rows, judgedPrograms, vitest.state.getTestModules())
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

function project({ id, notApplicable = {} }: Runtime) {
  return {
    test: {
      name: id,
      root: join(root, 'test/matrix/judge'),
      include: judgedPrograms.map((program) => `${program}.test.ts`),
      exclude: Object.keys(notApplicable).map((program) => `${program}.test.ts`),
      provide: { runtime: id, folder: join(folder, id) },
      isolate: false,
      testTimeout: 15_000,
      // Built, and the same for every row: nothing to transform.
      server: { deps: { external: [/\/dist\//] } },
    },
  }
}

/** Keeps the documentation's table as the last whole run had it. */
async function document(table: string): Promise<void> {
  const file = join(root, 'docs/runtimes.md')
  const text = await readFile(file, 'utf8')
  const [before = '', after = ''] = text.split(/(?<=<!-- matrix -->\n).*(?=<!-- \/matrix -->)/s)
  const whole = `${before}\n${table}\n\n${after}`
  if (whole === text) return
  await writeFile(file, whole)
  console.log('The table in docs/runtimes.md was another, and has been written.')
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
