import { readFileSync } from 'node:fs'

/** Lines of an example app, as in its file. */
export interface Excerpt {
  /** `examples/koa-session/src/app.ts` */
  readonly file: string
  /** Number of the first line, from 1. */
  readonly line: number
  readonly lines: readonly string[]
  /** Indices of the highlighted lines, from 0. */
  readonly marked: readonly number[]
}

/** The steps of the page. */
type Step = 'login' | 'presence' | 'notify' | 'refusal'

interface Wanted {
  /** A line of the excerpt. */
  readonly at: RegExp
  /** The lines to highlight. */
  readonly mark: RegExp
  /** Only that line and the block it opens, instead of the whole statement. */
  readonly alone?: boolean
}

/** The excerpt beside each step. */
const excerpts: Readonly<Record<Step, Wanted>> = {
  login: { at: /'\/login'/, mark: /session\.user = |ctx\.session = |setSignedCookie\(c/ },
  presence: { at: /\bpingerchips(\(|, )\{/, mark: /kind === 'presence'|user_id:/ },
  notify: { at: /'\/notify\//, mark: /\.trigger\(/ },
  refusal: { at: /authorize:/, mark: /return channel === `private-/, alone: true },
}

const root = new URL('../../../', import.meta.url)

/**
 * Reads the excerpts of an example app.
 * @throws {Error} if the app has another structure than the others
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

/** Indentation of the statements of a top-level function. */
const statementIndent = 2

function indent(line: string): number {
  return line === '' ? Number.POSITIVE_INFINITY : line.search(/\S|$/)
}
