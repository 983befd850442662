import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RetryBudget } from '../src/http-api/retry.ts'
import { PingerchipsServer } from '../src/index.ts'
import { fetchClient } from './faults/fetch-client.ts'
import { type Fault, faults, type Nowhere, nowhere } from './faults/plan.ts'
import { canaries, type Report, runFaults } from './faults/run.ts'
import { FaultServer } from './faults/server.ts'

/** `FAULT_SEED=… npx vitest …` plays the same faults again. */
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 32)

describe(`faults, of the seed ${seed}`, () => {
  const logged: unknown[] = []
  const onWarning = (warning: Error) => logged.push(warning)
  beforeEach(() => {
    logged.length = 0
    for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const)
      vi.spyOn(console, method).mockImplementation((...said) => logged.push(said))
    process.on('warning', onWarning)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    process.off('warning', onWarning)
  })

  const expectSound = ({ events, problems, endings, played }: Report) => {
    expect(problems.slice(0, 10)).toEqual([])
    expect(logged).toEqual([])
    for (const name of [...(Object.keys(faults) as Fault[]), ...nowhere] satisfies (Fault | Nowhere)[])
      expect(played[name] ?? 0, name).toBeGreaterThan(0)
    for (const [ending, times] of Object.entries(endings)) expect(times, ending).toBeGreaterThan(events / 50)
  }

  test('17,000 through undici', { timeout: 300_000 }, async () => {
    const make = (options: object) => new PingerchipsServer('1', canaries.secret, options)
    expectSound(await runFaults({ seed, faults: 17_000, make, hasAll: true }))
  })
  test('3,000 through fetch', { timeout: 300_000 }, async () => {
    expectSound(await runFaults({ seed, faults: 3000, make: fetchClient, hasAll: false }))
  })
})

describe('a storm', () => {
  const deadline = 1500
  const refusals: readonly Fault[] = ['503', '503, in a second', '503, by date', '503, in an hour']

  test.each<[triggers: number, answer: string, faults: readonly Fault[]]>([
    [10_000, '503', refusals],
    [10_000, 'nothing', ['hang before']],
  ])(
    'of %i triggers, answered with %s, is not made worse, and ends in time',
    { timeout: 60_000 },
    async (triggers, _answer, faults) => {
      const server = await FaultServer.start()
      const client = new PingerchipsServer('1', canaries.secret, { appKey: 'k', endpoint: server.url, deadline })
      let failures = 0
      const overrun = async (n: number) => {
        const fault = faults[n % faults.length] ?? 'ok'
        const late = lateness(deadline)
        const start = performance.now()
        await client.trigger('c', 'e', { n, play: [fault, fault, fault] }).catch(() => {
          failures++
        })
        return performance.now() - start - deadline - late()
      }
      const overruns = await Promise.all(Array.from({ length: triggers }, (_, n) => overrun(n)))
      expect(failures).toBe(triggers)
      await client.close()
      await server.disconnected()
      await server.stop()
      expect(server.requests).toBeLessThanOrEqual(1.1 * triggers + RetryBudget.size)
      expect([...server.seen.values()].filter(({ undercut }) => undercut > 0)).toEqual([])
      overruns.sort((a, b) => a - b)
      expect(overruns[triggers * 0.99]).toBeLessThanOrEqual(50)
    },
  )

  /**
   * By how many milliseconds the loop has got behind: until the end of the turn in which a plain timer fires that began at
   * the same time. Infinitely, as long as it has not fired.
   */
  function lateness(ms: number): () => number {
    const start = performance.now()
    let late = Number.POSITIVE_INFINITY
    const timer = setTimeout(() => {
      setImmediate(() => {
        late = performance.now() - start - ms
      })
    }, ms)
    return () => {
      clearTimeout(timer)
      return late
    }
  }
})
