import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutated } from './mutants.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const core = join(root, 'packages/core')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** As for core. What is only unused, or is never reached, passes. */
const tsconfig = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: {
    rootDir: 'src',
    outDir: 'dist',
    typeRoots: [join(root, 'node_modules/@types')],
    noEmit: true,
    composite: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    allowUnreachableCode: true,
  },
  include: ['src'],
}

/** Of a file's mutants, those that TypeScript refuses. */
export function refusedByCompiler(file, mutants) {
  if (mutants.length === 0) return []
  const source = readFileSync(join(core, 'src', file), 'utf8')
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'))
  try {
    for (const name of ['src', 'package.json']) cpSync(join(core, name), join(copy, name), { recursive: true })
    symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'))
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(tsconfig))
    // Each beside the file itself, so that one run sees all of them.
    const pathOf = (number) => file.replace(/\.ts$/, `.mutant-${number}.ts`)
    for (const [number, mutant] of mutants.entries())
      writeFileSync(join(copy, 'src', pathOf(number)), mutated(source, mutant))
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', copy, '--pretty', 'false'], {
      cwd: copy,
      encoding: 'utf8',
    })
    return mutants.filter((_, number) => stdout.includes(`${pathOf(number)}(`))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
