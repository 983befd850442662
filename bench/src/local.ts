import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PingerchipsServer } from '@pingerchips/core'
import { WebSocket } from 'ws'
import { ConsolePage } from './console-page.ts'
import type { LocalReport } from './local-process.ts'
import { median } from './rounds.ts'

const channel = 'everybody'
const atOnce = 50

/** One event of the local service to all of `connections`, with its console closed and open. */
export async function benchLocal(rounds: number, connections: number): Promise<void> {
  const count = connections.toLocaleString('en')
  console.log(`Local service: ${count} connections, one event to all of them. Medians of ${rounds} events.\n`)
  const child = fork(fileURLToPath(new URL('local-process.js', import.meta.url)), { execArgv: ['--expose-gc'] })
  const [service] = (await once(child, 'message')) as [{ url: string; port: number }]
  const server = new PingerchipsServer('local', 'local-secret', { appKey: 'local-key', endpoint: service.url })
  const page = await ConsolePage.open(service.url)

  const before = await memory(child)
  const start = performance.now()
  const crowd = await Crowd.gather(service.port, connections)
  const seconds = (performance.now() - start) / 1000
  const after = await memory(child)
  const kilobytes = (bytes: number) => `${(bytes / connections / 1024).toFixed(1)} KiB`
  const perSecond = Math.round(connections / seconds).toLocaleString('en')
  const consoleState = page === undefined ? '' : ', console open'
  print(`connect and subscribe${consoleState}`, `${seconds.toFixed(1)} s, ${perSecond} a second`)
  print(
    'memory of the service, a connection',
    `${kilobytes(after.rss - before.rss)} resident, ${kilobytes(after.heapUsed - before.heapUsed)} of it heap`,
  )

  const fanOut = async (round: number) => {
    const sent = performance.now()
    const last = crowd.everybodyHears()
    await server.trigger(channel, 'tick', { round })
    return (await last) - sent
  }
  const measure = async (click: () => Promise<number> = async () => 0) => {
    const times: number[] = []
    const clicks: number[] = []
    for (let round = -1; round < rounds; round++) {
      const [time, clicked] = await Promise.all([fanOut(round), click()])
      // The first warms up.
      if (round >= 0) {
        times.push(time)
        clicks.push(clicked)
      }
    }
    return { times, clicks }
  }

  if (page === undefined) {
    console.log('The console is left out: there is no /usr/bin/chromium (apt-get install chromium).')
  } else {
    const connecting = await page.longestFrame()
    await page.settle(connections)
    const { times, clicks } = await measure(() => page.click())
    print('last receipt, console open', spread(times))
    const fanningOut = await page.longestFrame()
    const { rows, counted } = await page.look(rounds + 1)
    print('  a click in the console, meanwhile', spread(clicks))
    print('  its longest frame', `${Math.round(fanningOut)} ms; ${Math.round(connecting)} ms while all connected`)
    print('  what it shows', `${rows} rows; counts: ${counted}`)
    await page.close()
  }
  print('last receipt, console closed', spread((await measure()).times))

  crowd.disperse()
  await server.close()
  child.disconnect()
  console.log()
}

function print(what: string, result: string): void {
  console.log(`${what.padEnd(38)} ${result}`)
}

function spread(times: readonly number[]): string {
  return `${Math.round(median(times))} ms (${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))})`
}

async function memory(child: ChildProcess): Promise<NodeJS.MemoryUsage> {
  child.send('memory')
  const [report] = (await once(child, 'message')) as [LocalReport]
  if ('url' in report) throw new Error('The service has reported its URL twice')
  return report
}

/** Many connections on one channel, that count what they hear. */
class Crowd {
  readonly #sockets: WebSocket[] = []
  #heard = 0
  #onHeard = () => {}

  /** Resolves once all are subscribed. */
  static async gather(port: number, size: number): Promise<Crowd> {
    const crowd = new Crowd()
    while (crowd.#sockets.length < size) {
      const next = Math.min(atOnce, size - crowd.#sockets.length)
      await Promise.all(Array.from({ length: next }, () => crowd.#join(port)))
    }
    return crowd
  }

  async #join(port: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/app/local-key?protocol=7`)
    this.#sockets.push(socket)
    await once(socket, 'message')
    socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel } }))
    await once(socket, 'message')
    socket.on('message', () => {
      this.#heard += 1
      if (this.#heard === this.#sockets.length) this.#onHeard()
    })
  }

  /** When the last of them has heard the next event, by `performance.now()`. */
  everybodyHears(): Promise<number> {
    this.#heard = 0
    return new Promise((resolve) => {
      this.#onHeard = () => resolve(performance.now())
    })
  }

  disperse(): void {
    for (const socket of this.#sockets) socket.terminate()
  }
}
