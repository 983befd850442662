// npm run mutate [-- part of a path …]: makes a small mistake in core's source, one at a time, and looks whether a test
// fails. Exits 1 where a mistake goes unnoticed that packages/core/test/mutants.md does not list.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { refusedByCompiler } from './compiler.mjs'
import { entryOf, listed } from './list.mjs'
import { mutantsOf } from './mutants.mjs'
import { Runner } from './runner.mjs'
import { testsOf } from './tests.mjs'

const root = fileURLToPath(new URL('../../packages/core/src/', import.meta.url))
const wanted = process.argv.slice(2)
const files = readdirSync(root, { recursive: true })
  .filter((file) => testsOf(file) && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
  .sort()

const runner = new Runner()
const total = { mutants: 0, killed: 0, listed: 0, unlisted: 0 }
for (const file of files) {
  const mutants = mutantsOf(readFileSync(root + file, 'utf8'))
  const killed = await runner.run(file, mutants, testsOf(file))
  const list = listed(file)
  const others = mutants.filter((mutant, number) => !killed.has(number) && !list.take(mutant))
  const refused = refusedByCompiler(file, others)
  const unlisted = others.filter((mutant) => !refused.includes(mutant))

  const count = mutants.length - refused.length
  console.log(`${file}: ${killed.size} of ${count} killed, ${list.taken.size} listed; ${refused.length} do not compile`)
  if (process.env.MUTATE_VERBOSE) for (const m of refused) console.log(`  refused: ${entryOf(m)}`)
  for (const mutant of unlisted) console.log(`  survived: ${entryOf(mutant)}`)
  for (const entry of list.left) console.log(`  listed, but no survivor: ${entry}`)
  total.mutants += count
  total.killed += killed.size
  total.listed += list.taken.size
  total.unlisted += unlisted.length
}
runner.close()

const percent = ((100 * total.killed) / total.mutants).toFixed(1)
console.log(
  `${total.killed} of ${total.mutants} killed: ${percent} %. ${total.listed} survivors listed, ${total.unlisted} not.`,
)
process.exitCode = total.unlisted === 0 ? 0 : 1
