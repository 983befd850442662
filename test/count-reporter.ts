import type { CorpusCount, FuzzCount } from '@pingerchips/conformance'
import type { Reporter, TestCase } from 'vitest/node'

/** Says how much of the hostile suite was run and passed, summed over the packages: counted, not computed. */
export default class CountReporter implements Reporter {
  readonly #corpus: CorpusCount[] = []
  readonly #fuzz: FuzzCount[] = []
  #properties = 0

  onTestCaseResult(test: TestCase): void {
    if (test.result().state !== 'passed') return
    const { corpus, fuzz, cases } = test.meta()
    if (corpus !== undefined) this.#corpus.push(corpus)
    if (fuzz !== undefined) this.#fuzz.push(fuzz)
    this.#properties += cases ?? 0
  }

  onTestRunEnd(): void {
    for (const line of [corpusLine(this.#corpus), ...this.#fuzz.map(fuzzLine), casesLine(this.#properties)])
      if (line !== undefined) console.log(line)
  }
}

const figure = (count: number) => count.toLocaleString('en')
const distinct = <T>(values: readonly T[]) => new Set(values).size

function corpusLine(counts: readonly CorpusCount[]): string | undefined {
  if (counts.length === 0) return undefined
  const rows = new Map(counts.map((count) => [`${count.threat}: ${count.row}`, count.type]))
  const ofType = (type: CorpusCount['type']) => figure([...rows.values()].filter((other) => other === type).length)
  const tried = counts.flatMap((count) => count.tried)
  return (
    `Corpus: ${figure(rows.size)} hostile requests (${ofType('JSON')} JSON, ${ofType('form')} form, ${ofType('neither')} neither) ` +
    `for ${distinct(counts.map(({ threat }) => threat))} threats, through ${distinct(counts.map(({ adapter }) => adapter))} adapters ` +
    `at up to ${distinct(tried)} places each: ${figure(tried.length)} cases (row × adapter × form × parser), each with an honest request behind it.`
  )
}

function fuzzLine({ adapter, connections, statuses, grown }: FuzzCount): string {
  const answers = Object.entries(statuses).map(([status, count]) => `${figure(count)} × ${status}`)
  const memory = grown === undefined ? '' : `; the heap has grown by ${(grown / 2 ** 20).toFixed(1)} MiB`
  return `Fuzz: ${adapter}: ${figure(connections)} connections, answered ${answers.join(', ')}${memory}.`
}

const casesLine = (cases: number) => (cases === 0 ? undefined : `Properties of core: ${figure(cases)} cases.`)
