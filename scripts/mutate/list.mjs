import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../packages/core/test/mutants.md', import.meta.url), 'utf8')

/** What a mutant is known by, wherever it moves: one line of what was there and of what is there instead. */
export const entryOf = ({ from, to }) => `${inLine(from)} → ${inLine(to)}`

const inLine = (code) => code.replace(/\s+/g, ' ')

/** The survivors that are listed for a file, each once: ``- `before → after`: reason``, with more backticks around some. */
export function listed(file) {
  const section = text.split(/^### /m).find((part) => part.startsWith(`\`${file}\``)) ?? ''
  const left = [...section.matchAll(/^- (`+) ?(.*?) ?\1:/gm)].map(([, , entry]) => entry)
  const taken = new Set()
  return {
    taken,
    /** Those that no mutant has taken. */
    left,
    /** @returns {boolean} whether it is listed */
    take(mutant) {
      const index = left.indexOf(entryOf(mutant))
      if (index === -1) return false
      left.splice(index, 1)
      taken.add(mutant)
      return true
    },
  }
}
