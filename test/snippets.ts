import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A block of TypeScript or JavaScript in a README, with the name that the comment above it gives it. */
export interface Snippet {
  /** `packages/core/README.md:17` */
  readonly place: string
  /** `run` or `check`; `undefined`: the block has no comment above it. */
  readonly what: string | undefined
  readonly name: string
  /** `ts`, or `js` for what runs in a browser and has no types. */
  readonly language: string
  readonly code: string
}

const root = new URL('../', import.meta.url)

/** Every block of either in the README of the project and of each package, and in docs/, but for docs/api, which has no examples of its own. */
export function snippets(): Snippet[] {
  const files = [
    'README.md',
    ...readdirSync(new URL('packages/', root)).map((name) => `packages/${name}/README.md`),
    ...readdirSync(new URL('docs/', root))
      .filter((name) => name.endsWith('.md') && name !== 'adding-a-framework.md')
      .map((name) => `docs/${name}`),
  ]
  return files.flatMap(snippetsOf)
}

/** Every block of a file, by its path from the root. */
export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(new URL(file, root), 'utf8')
  return [...text.matchAll(/(?:<!-- (run|check): ([\w-]+) -->\n)?```(ts|js)\n(.*?)```/gs)].map(
    ({ 1: what, 2: name = '', 3: language = '', 4: code = '', index }) => ({
      place: `${file}:${text.slice(0, index).split('\n').length}`,
      what,
      name,
      language,
      code,
    }),
  )
}

/** Where snippets are written, so that they find the packages. */
export const generatedFolder = fileURLToPath(new URL('.generated/', import.meta.url))
