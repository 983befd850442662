import { readFileSync } from 'node:fs'

/** A few lines of an example app, as they stand in its file. */
export interface Excerpt {
  /** `examples/koa-session/src/app.ts` */
  readonly file: string
  /** Where in the file they begin, from 1. */
  readonly line: number
  readonly lines: readonly string[]
  /** Which of the lines matter most, from 0. */
  readonly marked: readonly number[]
}

/** The things that the page does. */
type Step = 'login' | 'presence' | 'notify' | 'refusal'

interface Wanted {
  /** A line of it. */
  readonly at: RegExp
  /** The lines that matter most. */
  readonly mark: RegExp
  /** Not the whole statement, only that line and what it opens. */
  readonly alone?: boolean
}

/** What is shown beside each. */
const excerpts: Readonly<Record<Step, Wanted>> = {
  login: { at: /'\/login'/, mark: /session\.user = |ctx\.session = |setSignedCookie\(c/ },
  presence: { at: /\bpingerchips(\(|, )\{/, mark: /kind === 'presence'|user_id:/ },
  notify: { at: /'\/notify\//, mark: /\.trigger\(/ },
  refusal: { at: /authorize:/, mark: /return channel === `private-/, alone: true },
}

const root = new URL('../../../', import.meta.url)

/**
 * Reads out of an example app what the page shows beside each thing that it does.
 * @throws {Error} when the app is not written as the others are
 */
export function readExcerpts(folder: string): Record<Step, Excerpt> {
  const file = `examples/${folder}/src/app.ts`
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n')
  const read = (step: Step) => excerpt(lines, excerpts[step], file)
  return { login: read('login'), presence: read('presence'), notify: read('notify'), refusal: read('refusal') }
}

function excerpt(all: readonly string[], { at, mark, alone = false }: Wanted, file: string): Excerpt {
  const found = all.findIndex((line) => at.test(line))
  const first = alone ? found : all.findLastIndex((line, index) => index <= found && indent(line) === statementIndent)
  const depth = indent(all[first] ?? '')
  const opens = /[([{]$/.test(all[first] ?? '')
  const last = opens ? all.findIndex((line, index) => index > first && indent(line) <= depth) : first
  const lines = all.slice(first, last + 1).map((line) => line.slice(depth))
  const marked = lines.flatMap((line, index) => (mark.test(line) ? [index] : []))
  if (found === -1 || first === -1 || marked.length === 0)
    throw new Error(`${file}: nothing is like ${at} with ${mark}`)
  return { file, line: first + 1, lines, marked }
}

/** Of the statements in a function of a module, as this repository is formatted. */
const statementIndent = 2

function indent(line: string): number {
  return line === '' ? Number.POSITIVE_INFINITY : line.search(/\S|$/)
}
