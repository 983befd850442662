import { basename } from 'node:path'
import type { TestCase, TestModule } from 'vitest/node'
import { programs, type Runtime, reasonAgainst } from './runtimes.ts'

/** The columns: a suite, and the program that has it. */
const columns = programs.flatMap((program) => program.suites.map((suite) => ({ suite, program })))

export interface Row {
  readonly runtime: Runtime
  /** The version that it prints. */
  readonly version: string
  /** Why it could not be installed or built for; `''` if it was. */
  readonly fault: string
}

interface Tally {
  passed: number
  failed: number
}

/** The result of every cell. */
export class Table {
  readonly #rows: readonly Row[]
  readonly #columns: typeof columns
  readonly #tallies: ReadonlyMap<string, Tally>

  constructor(rows: readonly Row[], programIds: readonly string[], modules: readonly TestModule[]) {
    this.#rows = rows
    this.#columns = columns.filter(({ program }) => programIds.includes(program.id))
    this.#tallies = count(modules)
  }

  /** Whether every cell has passed or is not applicable. A cell that was never run has not. */
  get isGreen(): boolean {
    return this.#rows.every(({ runtime }) =>
      this.#columns.every(({ suite, program }) => {
        if (reasonAgainst(runtime, program) !== undefined) return true
        const tally = this.#tallies.get(`${runtime.id} ${suite}`)
        return tally !== undefined && tally.passed > 0 && tally.failed === 0
      }),
    )
  }

  /** Markdown, with how many tests each cell has and each runtime's version; or, for the documentation, without. */
  toString(isDetailed: boolean): string {
    const reasons = new Map<string, number>()
    const lines = this.#rows.map((row) => {
      const name = isDetailed && row.version !== '' ? `${row.runtime.name} (${row.version})` : row.runtime.name
      const cells = this.#columns.map(({ suite, program }) => {
        const reason = reasonAgainst(row.runtime, program)
        if (reason === undefined) return this.#cell(row, suite, isDetailed)
        if (!reasons.has(reason)) reasons.set(reason, reasons.size + 1)
        return `n/a ${reasons.get(reason)}`
      })
      return [name, ...cells]
    })
    const table = aligned([['', ...this.#columns.map(({ suite }) => suite)], ...lines])
    const notes = [...reasons].map(([reason, number]) => `${number}. Not applicable: ${reason}.`)
    const faults = this.#rows.flatMap(({ runtime, fault }) => (fault === '' ? [] : [`${runtime.name}: ${fault}`]))
    return [...table, '', ...notes, ...faults].join('\n')
  }

  #cell({ runtime, fault }: Row, suite: string, isDetailed: boolean): string {
    const tally = this.#tallies.get(`${runtime.id} ${suite}`)
    if (fault !== '' || tally === undefined) return 'not run'
    if (tally.failed > 0) return `${tally.failed} failed`
    return isDetailed ? `${tally.passed} passed` : 'passed'
  }
}

/** Rows of Markdown, the first of them the head. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)]
}

/** Counts the tests by runtime and outermost suite. What was skipped because something before it failed has failed. */
function count(modules: readonly TestModule[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>()
  const tally = (key: string) => {
    const known = tallies.get(key) ?? { passed: 0, failed: 0 }
    tallies.set(key, known)
    return known
  }
  for (const module of modules) {
    const { name } = module.project
    for (const test of module.children.allTests()) {
      const cell = tally(`${name} ${outermostSuite(test)}`)
      if (test.result().state === 'passed') cell.passed++
      else cell.failed++
    }
    // It could not be loaded, or had an error outside its tests.
    if (module.errors().length === 0 && module.state() !== 'failed') continue
    const program = basename(module.moduleId, '.test.ts')
    for (const { suite, program: own } of columns) {
      const cell = tallies.get(`${name} ${suite}`)
      if (own.id === program && (cell === undefined || module.errors().length > 0)) tally(`${name} ${suite}`).failed++
    }
  }
  return tallies
}

function outermostSuite({ fullName }: TestCase): string {
  return fullName.split(' > ')[0] ?? ''
}
