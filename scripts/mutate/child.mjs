// Runs tests over one mutant after another, all in one worker. A process of its own, since a mutant may never end.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createVitest } from 'vitest/node'
import { mutated } from './mutants.mjs'
import { sources } from './sources.mjs'
import { testFile } from './tests.mjs'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

/** What is running: the path of a source, its mutants by their number, and the paths of whatever imports it. */
let job = { path: '', mutants: [], importers: new Set() }

/** Each mutant has modules of its own, `…/names.ts?mutant=1-7`: itself, and whatever imports it. The others are shared. */
const plugin = {
  name: 'mutants',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    const query = /\?mutant=.*/.exec(importer ?? '')?.[0]
    if (query === undefined || source.startsWith('\0')) return
    const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
    return resolved && job.importers.has(resolved.id) ? { ...resolved, id: resolved.id + query } : resolved
  },
  load(id) {
    const [path, query] = id.split('?mutant=')
    if (query === undefined) return
    const number = numberOf(query)
    if (killed.has(number)) return 'throw new Error("another test has found this mutant out")'
    const source = readFileSync(path, 'utf8')
    const mutant = job.mutants[number]
    return mutant && path === job.path ? mutated(source, mutant) : source
  },
}

/** What each of core's and the suite's sources and tests imports of them, by their paths. */
const imported = new Map()
for (const folder of ['core/src', 'core/test', 'conformance/src', 'conformance/test'])
  for (const file of readdirSync(packages + folder, { recursive: true })) {
    if (!file.endsWith('.ts')) continue
    const path = `${packages}${folder}/${file}`
    const names = [...readFileSync(path, 'utf8').matchAll(/\b(?:from|import) ?\(?'([^']+)'/g)].map(([, name]) => name)
    imported.set(
      path,
      names.map((name) => (name.startsWith('.') ? resolve(dirname(path), name) : sources.get(name))),
    )
  }

/** A source, and all that imports it or another one of these. */
function importersOf(path) {
  const found = new Set([path])
  for (const one of found) for (const [importer, paths] of imported) if (paths.includes(one)) found.add(importer)
  return found
}

/** A test file's path has its mutant's number. */
const reporter = {
  // Before it is imported: that may never end either.
  onTestModuleQueued: ({ moduleId }) => process.send({ started: numberOf(moduleId) }),
  onTestModuleEnd(module) {
    if (module.ok()) return
    const [test] = module.children.allTests('failed')
    kill(module.moduleId, test?.fullName ?? module.errors()[0]?.message ?? 'a hook')
  },
}
const numberOf = (path) => Number(path.split('-').at(-1))

/** The numbers of those that a test has found out. */
const killed = new Set()
function kill(path, by) {
  const number = numberOf(path)
  if (!killed.has(number)) process.send({ killed: number, by })
  killed.add(number)
}

const vitest = await createVitest(
  'test',
  { config: fileURLToPath(new URL('vitest.config.mjs', import.meta.url)), watch: false, reporters: [reporter] },
  { plugins: [plugin] },
)
const [project] = vitest.projects

let batch = 0
process.on('message', async ({ file, mutants, numbers, tests }) => {
  const path = `${packages}core/src/${file}`
  job = { path, mutants, importers: importersOf(path) }
  batch++
  killed.clear()
  const specifications = numbers.flatMap((number) =>
    tests.map((name) => project.createSpecification(`${packages}${testFile(name)}?mutant=${batch}-${number}`)),
  )
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications)
  for (const { VITEST_TEST_PATH = '', message } of unhandledErrors) kill(VITEST_TEST_PATH, String(message))
  process.send({ isDone: true, memory: process.memoryUsage.rss() })
})
// A loop that never ends may ask for memory all the while: its parent takes the exit for the mutant's.
setInterval(() => process.memoryUsage.rss() > 4e9 && process.exit(1), 1000)
process.on('disconnect', () => process.exit())
process.send({ isDone: true })
