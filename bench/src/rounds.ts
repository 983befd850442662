/** Runs each measurement once a round, in turn, so that all of them see the same noise. One list of results for each. */
export async function interleaved<T>(measurements: readonly (() => Promise<T>)[], rounds: number): Promise<T[][]> {
  const results: T[][] = measurements.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, measure] of measurements.entries()) results[index]?.push(await measure())
  return results
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
