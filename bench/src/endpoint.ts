import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { load } from './load.ts'
import { interleaved, median } from './rounds.ts'
import { type Framework, frameworks, type Variant, variants } from './servers.ts'

const body = '{"socket_id":"1234.1234","channel_name":"private-user-alice"}'
const request = [
  'POST /pingerchips/auth HTTP/1.1',
  'Host: 127.0.0.1',
  'X-User: alice',
  'Content-Type: application/json',
  `Content-Length: ${body.length}`,
  '',
  body,
].join('\r\n')

interface Result {
  /** Requests a second. */
  readonly rate: number
  /** CPU microseconds of the server for one request. */
  readonly cpu: number
}

/** Milliseconds until a server's code is compiled as well as it ever will be. */
const warmUp = 2000

/**
 * The auth endpoint against a route by hand and against the same route without signing. A process that has compiled its
 * code less luckily stays slower to its end: each server is started anew `processes` times.
 */
export async function benchEndpoint(processes: number, rounds: number, ms: number): Promise<void> {
  console.log(`Auth endpoint: medians of ${processes} × ${rounds} rounds of ${ms} ms, taken in turn.`)
  console.log('Requests a second of ours as a ratio of theirs; the same for what a CPU second serves.\n')
  console.log('framework   ours/by hand  (CPU)   ours/constant  (CPU)   ours, requests/s  CPU µs')
  for (const framework of frameworks) {
    const results: Result[][] = variants.map(() => [])
    for (let time = 0; time < processes; time++) {
      const servers = await Promise.all(variants.map((variant) => start(framework, variant)))
      const measure = servers.map((server) => () => server.measure(ms))
      for (const server of servers) await server.measure(warmUp)
      for (const [index, taken] of (await interleaved(measure, rounds)).entries()) results[index]?.push(...taken)
      for (const server of servers) await server.stop()
    }
    const [ours = [], byHand = [], constant = []] = results
    console.log(
      [
        framework.padEnd(11),
        ratio(ours, byHand, ({ rate }) => rate).padStart(12),
        ratio(byHand, ours, ({ cpu }) => cpu).padStart(7),
        ratio(ours, constant, ({ rate }) => rate).padStart(15),
        ratio(constant, ours, ({ cpu }) => cpu).padStart(7),
        Math.round(median(ours.map(({ rate }) => rate)))
          .toLocaleString('en')
          .padStart(18),
        median(ours.map(({ cpu }) => cpu))
          .toFixed(1)
          .padStart(7),
      ].join(' '),
    )
  }
}

/** The median of the ratios of the rounds: neighbours in time saw the same machine. */
function ratio(one: readonly Result[], other: readonly Result[], value: (result: Result) => number): string {
  const ratios = one.map((result, round) => {
    const against = other[round]
    return against === undefined ? Number.NaN : value(result) / value(against)
  })
  return median(ratios).toFixed(2)
}

interface BenchServer {
  measure(ms: number): Promise<Result>
  stop(): Promise<void>
}

async function start(framework: Framework, variant: Variant): Promise<BenchServer> {
  const child = fork(fileURLToPath(new URL('server-process.js', import.meta.url)), [framework, variant], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [{ port }] = (await once(child, 'message')) as [AddressInfo]
  const cpu = async () => {
    child.send('cpu')
    const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage]
    return user + system
  }
  return {
    async measure(ms) {
      const before = await cpu()
      const { answers, seconds } = await load(port, request, ms)
      return { rate: answers / seconds, cpu: ((await cpu()) - before) / answers }
    },
    async stop() {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}
