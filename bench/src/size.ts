import { interleaved, median } from './rounds.ts'
import { edgeSize } from './size/edge.ts'
import { installSize } from './size/install.ts'
import { startTime } from './size/start.ts'
import { subjects } from './size/subjects.ts'

/** How large it is on disk and at the edge, and how long an app takes to its first signed answer. */
export async function benchSize(rounds: number): Promise<void> {
  const [empty = [], ...starts] = await interleaved(
    [undefined, ...subjects].map((subject) => () => startTime(subject)),
    rounds,
  )
  console.log(
    '\nSize in kB, without the frameworks. `first`: what an edge runtime loads for a signed answer; `all`: what it',
  )
  console.log(
    `may load later too. Milliseconds of CPU and of the clock until the first signed answer, medians of ${rounds} rounds,`,
  )
  console.log('without those of an empty Node process.\n')
  console.log('                         installed  edge, first    gzip  edge, all    gzip   start, CPU  start, clock')
  for (const [index, subject] of subjects.entries()) {
    const { first, all } = await edgeSize(subject)
    const start = (kind: 'cpu' | 'clock') =>
      median((starts[index] ?? []).map((round, at) => round[kind] - (empty[at]?.[kind] ?? Number.NaN)))
    console.log(
      subject.padEnd(22),
      kB(installSize(subject)).padStart(11),
      ...[first?.plain, first?.gzip, all?.plain, all?.gzip].map((bytes, column) =>
        kB(bytes).padStart([12, 7, 10, 7][column] ?? 0),
      ),
      start('cpu').toFixed(0).padStart(12),
      start('clock').toFixed(0).padStart(13),
    )
  }
  const own = (kind: 'cpu' | 'clock') => median(empty.map((round) => round[kind])).toFixed(0)
  console.log(`\nAn empty Node process: ${own('cpu')} ms of CPU, ${own('clock')} ms.`)
}

function kB(bytes: number | undefined): string {
  return bytes === undefined ? 'does not' : (bytes / 1000).toFixed(1)
}
