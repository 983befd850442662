import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mutated } from './mutants.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const core = `${root}packages/core/`
/** Beside core, for the paths in its tsconfig.json. */
const copy = `${root}packages/.mutated${process.env.MUTATE_COPY ?? ''}/`

/** Of a file's mutants, those that TypeScript refuses. What is only unused, or is never reached, it lets pass here. */
export function refusedByCompiler(file, mutants) {
  if (mutants.length === 0) return []
  const source = readFileSync(`${core}src/${file}`, 'utf8')
  rmSync(copy, { recursive: true, force: true })
  try {
    for (const name of ['src', 'package.json', 'tsconfig.json']) cpSync(core + name, copy + name, { recursive: true })
    symlinkSync(`${core}node_modules`, `${copy}node_modules`)
    // Each beside the file itself, so that one run sees all of them.
    const pathOf = (number) => file.replace(/\.ts$/, `.mutant-${number}.ts`)
    for (const [number, mutant] of mutants.entries())
      writeFileSync(`${copy}src/${pathOf(number)}`, mutated(source, mutant))
    const lenient = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false', '--allowUnreachableCode', 'true']
    const tsc = [
      `${root}node_modules/typescript/bin/tsc`,
      '-p',
      '.',
      '--noEmit',
      '--composite',
      'false',
      '--pretty',
      'false',
    ]
    const { stdout } = spawnSync(process.execPath, [...tsc, ...lenient], { cwd: copy, encoding: 'utf8' })
    return mutants.filter((_, number) => stdout.includes(`${pathOf(number)}(`))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
