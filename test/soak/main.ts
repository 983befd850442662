import { PingerchipsServer } from '@pingerchips/core'
import { playFrom, randomFrom } from '../../packages/core/test/faults/plan.ts'
import { canaries, runFaults } from '../../packages/core/test/faults/run.ts'
import { FaultServer } from '../../packages/core/test/faults/server.ts'
import { SocketWatch } from '../../packages/core/test/faults/sockets.ts'
import { runForgetful } from './forgetful.ts'

/**
 * Runs clients through faults for a while, and exits with 1 where something that must hold did not:
 * `npm run soak -- [seconds] [seed]`.
 */
const seconds = Number(process.argv[2] ?? 300)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32)
const wantedFaults = Math.ceil((seconds / 300) * 200_000)
const faultsPerRound = 5000
const maxConnections = 64
const allowedGrowth = 1.1

const broken: string[] = []
const make = (options: object) => new PingerchipsServer('1', canaries.secret, options)
const until = performance.now() + seconds * 1000
const heaps: number[] = []
const totals = { rounds: 0, events: 0, faults: 0, delivered: 0, not_delivered: 0, unknown: 0 }
console.log(`${seconds} s, at least ${wantedFaults} faults, seed ${seed}`)

const steady = await startSteadyClient()
while (performance.now() < until || totals.faults < wantedFaults) {
  const { events, faults, endings, problems } = await runFaults({
    seed: seed + totals.rounds,
    faults: faultsPerRound,
    make,
    hasAll: true,
  })
  totals.rounds++
  totals.events += events
  totals.faults += faults
  for (const ending of ['delivered', 'not_delivered', 'unknown'] as const) totals[ending] += endings[ending]
  broken.push(...problems.slice(0, 10).map((problem) => `round ${totals.rounds}: ${problem}`))
  steady.forget()
  heaps.push(await heapUsed())
  const left = Math.max(0, Math.ceil((until - performance.now()) / 1000))
  console.log(
    `${left} s left: ${totals.faults} faults, ${steady.sent()} steady events, ${steady.sockets.open} sockets (peak ${steady.sockets.peak}), heap ${mib(heaps.at(-1))} MiB`,
  )
}
await steady.stop()

const [early, late] = heapGrowth()
if (late > early * allowedGrowth) broken.push(`the heap grew from ${mib(early)} to ${mib(late)} MiB`)
if (steady.sockets.peak > maxConnections) broken.push(`there were ${steady.sockets.peak} sockets at once`)
if (steady.sockets.open > 0) broken.push(`${steady.sockets.open} sockets are open after close()`)
// The servers of this script itself take some turns of the loop longer.
await new Promise((resolve) => setTimeout(resolve, 100))
const left = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS/.test(name))
if (left.length > 0) broken.push(`after close() there are ${left}`)
const lingered = await runForgetful()
if (lingered > 3000) broken.push(`a script that forgot close() ended ${Math.round(lingered)} ms after its last line`)

console.log({
  ...totals,
  steadyEvents: steady.sent(),
  peakSockets: steady.sockets.peak,
  heapEarlyMiB: mib(early),
  heapLateMiB: mib(late),
  leftAfterClose: left.length,
  forgetfulScriptMs: Math.round(lingered),
  broken: broken.length,
})
for (const what of broken.slice(0, 50)) console.error(what)
process.exitCode = broken.length > 0 ? 1 : 0

/** One client that lives as long as all of this, and meets a fault now and then. */
async function startSteadyClient() {
  const server = await FaultServer.start()
  const sockets = new SocketWatch(server.port)
  const client = make({ appKey: 'k', endpoint: server.url, timeout: 500, deadline: 2000 })
  const random = randomFrom(seed)
  let sent = 0
  let isOver = false
  const trigger = () =>
    client.trigger('c', 'e', { n: sent++, play: random() < 0.05 ? playFrom(random) : [] }).catch(() => {})
  const work = async () => {
    while (!isOver) {
      // More at once than there are connections.
      await Promise.all(Array.from({ length: 100 }, trigger))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const working = work()
  return {
    sockets,
    sent: () => sent,
    forget: () => server.seen.clear(),
    async stop() {
      isOver = true
      await working
      await client.close()
      await server.disconnected()
      await server.stop()
      sockets.stop()
    },
  }
}

async function heapUsed(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('run it with node --expose-gc')
  // Finalizers run between two collections.
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return process.memoryUsage().heapUsed
}

/** The heap of a quiet moment, in the third after the warm-up and in the last one. */
function heapGrowth(): [early: number, late: number] {
  const warm = heaps.slice(Math.floor(heaps.length / 5))
  const third = Math.max(1, Math.floor(warm.length / 3))
  return [median(warm.slice(0, third)), median(warm.slice(-third))]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function mib(bytes = 0): string {
  return (bytes / 2 ** 20).toFixed(1)
}
