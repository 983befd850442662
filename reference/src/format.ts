import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const mark = '// ---- '

/**
 * Declarations as this repository's formatter writes them, all in one run of it.
 * @throws {Error} what the formatter says of one that is no TypeScript
 */
export function formatted(declarations: readonly string[]): string[] {
  const input = declarations.map((declaration, index) => `${mark}${index}\n${declaration}\n`).join('\n')
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome')
  const output = execFileSync(process.execPath, [biome, 'format', '--line-width=100', '--stdin-file-path=all.d.ts'], {
    input,
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  return output
    .split(new RegExp(`^${mark}\\d+\n`, 'm'))
    .slice(1)
    .map((text) => text.trim())
}
