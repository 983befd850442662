import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is made here, and not written. */
const made = new Set([
  'node_modules',
  'dist',
  'build',
  '.next',
  '.svelte-kit',
  '.astro',
  '.react-router',
  'next-env.d.ts',
])

/**
 * Builds, unless what it would build from is what the last build was made from.
 * @param stamp the file that says what that was
 * @param inputs files, and folders with all that is in them
 */
export async function buildOnce(stamp: string, inputs: readonly string[], build: () => Promise<void>): Promise<void> {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesIn)) hash.update(`${file}\0`).update(readFileSync(file)).update('\0')
  const wanted = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  // A build that fails may leave something else than the last one did.
  rmSync(stamp, { force: true })
  await build()
  writeFileSync(stamp, wanted)
}

function filesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path).filter((name) => !made.has(name))
  return names.sort().flatMap((name) => filesIn(join(path, name)))
}
