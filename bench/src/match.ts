import { channelRules } from '@pingerchips/core'
import { interleaved, median } from './rounds.ts'

const rules = 1000

/** How long it takes to find no rule among 1,000 for the 200-character name that costs most, against regular expressions. */
export async function benchMatch(rounds: number): Promise<void> {
  console.log(`\nChannel rules: one name of 200 characters against ${rules} rules, medians of ${rounds} rounds.\n`)
  console.log('names                                            ours, µs   regular expressions, µs   ratio')
  for (const [what, pattern, name] of cases) {
    const patterns = Array.from({ length: rules }, (_, index) => pattern(String(index).padStart(4, '0')))
    const authorize = channelRules(Object.fromEntries(patterns.map((pattern) => [pattern, () => true])) as never)
    const attempt = {
      channel: name,
      kind: 'private',
      socketId: '1.1',
      authInfo: undefined,
      user: 1,
      request: 1,
    } as never
    const expressions = patterns.map((text) => new RegExp(`^${text.replaceAll(/\{\w+\}/g, '(.+?)')}$`))
    const sides = [() => authorize(attempt) === false, () => expressions.every((expression) => !expression.test(name))]
    const [ours = [], regular = []] = await interleaved(
      sides.map((side) => async () => microseconds(side)),
      rounds,
    )
    const [one, other] = [median(ours), median(regular)]
    console.log(
      what.padEnd(48),
      one.toFixed(0).padStart(8),
      other.toFixed(0).padStart(25),
      (other / one).toFixed(2).padStart(7),
    )
  }
}

/** What they cost: all 1,000 have to look at the whole name, since their beginnings are the same. */
const cases: readonly [what: string, pattern: (index: string) => string, name: string][] = [
  ['another beginning each', (index) => `private-${index}-{id}`, `private-${'a'.repeat(192)}`],
  ['one beginning, a text that nearly comes', (index) => `private-{a}aaab${index}{b}`, `private-${'a'.repeat(192)}`],
  [
    'one beginning, a long text that nearly comes',
    (index) => `private-{a}${'a'.repeat(80)}${index}{b}`,
    `private-${'a'.repeat(192)}`,
  ],
  ['three parameters', (index) => `private-{a}-{b}-${index}-{c}`, `private-${'-a'.repeat(96)}`],
]

function microseconds(side: () => boolean): number {
  const runs = 20
  const start = performance.now()
  for (let i = 0; i < runs; i++) if (!side()) throw new Error('A rule matched.')
  return ((performance.now() - start) / runs) * 1000
}
