import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { maxConnections } from '../src/transport/origin-pool.ts'
import type { Fault, Play } from './faults/plan.ts'
import { FaultServer } from './faults/server.ts'
import { SocketWatch } from './faults/sockets.ts'

let server: FaultServer
let sockets: SocketWatch
beforeEach(async () => {
  server = await FaultServer.start()
  sockets = new SocketWatch(server.port)
})
afterEach(async () => {
  sockets.stop()
  await server.stop()
})

const clientOf = (options: PingerchipsServerOptions = {}) =>
  new PingerchipsServer('1', 'secret', { appKey: 'k', endpoint: server.url, ...options })
let n = 0
const data = (...play: Play) => ({ n: n++, play })
/** How many promises ended in which way. */
const endings = async (promises: readonly Promise<unknown>[]) => {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(promises)) {
    const ending = result.status === 'fulfilled' ? 'delivered' : `${result.reason.code}, ${result.reason.outcome}`
    counts[ending] = (counts[ending] ?? 0) + 1
  }
  return counts
}
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

describe('connections', () => {
  test('are at most 64, from the first moment on, and none after close()', async () => {
    const client = clientOf()
    const triggers = times(1000, () => client.trigger('c', 'e', data('ok')))
    expect(await endings(triggers)).toEqual({ delivered: 1000 })
    expect(sockets.peak).toBeLessThanOrEqual(maxConnections)
    expect(sockets.made).toBe(sockets.peak)
    await client.close()
    expect(sockets.open).toBe(0)
    await server.disconnected()
  })

  test('are at most 64 while they break', async () => {
    const client = clientOf({ deadline: 60_000, delivery: 'at-least-once' })
    const play: Fault[] = ['reset after', 'close before', 'half a body']
    await endings(times(1000, () => client.trigger('c', 'e', data(play[n % 3] ?? 'ok'))))
    expect(sockets.peak).toBeLessThanOrEqual(maxConnections)
    await client.close()
    expect(sockets.open).toBe(0)
  })

  test('are not spent on requests that timed out while they waited for one', async () => {
    const client = clientOf({ timeout: 1000, retries: 0 })
    const hung = times(maxConnections, () => client.trigger('c', 'e', data('hang before')))
    const behind = times(500, () => client.trigger('c', 'e', data('ok'), { timeout: 100 }))
    expect(await Promise.all([endings(hung), endings(behind)])).toEqual([
      { 'timeout, unknown': maxConnections },
      { 'timeout, not_delivered': 500 },
    ])
    expect(server.requests).toBe(maxConnections)
    expect(await endings(times(10, () => client.trigger('c', 'e', data('ok'))))).toEqual({ delivered: 10 })
    expect(server.requests).toBe(maxConnections + 10)
    // For each that was broken off, undici makes another one in advance.
    expect(sockets.made).toBeLessThanOrEqual(2 * maxConnections + 10)
    await client.close()
  })

  test('that were never established are closed by close()', async () => {
    let accepted: Promise<unknown> | undefined
    const silent = createServer((socket: Socket) => {
      accepted = once(
        socket.resume().on('error', () => {}),
        'close',
      )
    }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const client = clientOf({ endpoint: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`, timeout: 200 })
    expect(await endings([client.trigger('c', 'e', 1, { deadline: 200 })])).toEqual({ 'timeout, not_delivered': 1 })
    expect(accepted).toBeDefined()
    await client.close()
    await accepted
    silent.close()
  })
})

describe('close()', () => {
  test('waits for all of a batch, and of an event to many channels', async () => {
    const client = clientOf()
    const batch = client.triggerBatch(times(100, () => ({ channel: 'c', event: 'e', data: data('ok') })))
    const channels = times(100, () => `c${n++}`)
    const many = client.trigger(channels, 'e', data('ok'))
    await client.close()
    expect(server.requests).toBe(200)
    for (const result of await batch) expect(result.status).toBe('fulfilled')
    await many
  })

  test('waits for attempts that are still to come', async () => {
    const client = clientOf()
    const trigger = client.trigger('c', 'e', data('503, in a second'))
    while (server.requests === 0) await new Promise(setImmediate)
    await client.close()
    await trigger
    expect(server.requests).toBe(2)
  })

  test('can be called any number of times, before anything was sent too', async () => {
    const client = clientOf()
    await Promise.all([client.close(), client.close()])
    await client.close()
  })

  test.each([undefined, { maxDelay: 1000 }])('rejects later calls at once (batch: %j)', async (batch) => {
    const client = clientOf(batch && { batch, protocol: 'pusher' })
    await client.trigger('c', 'e', data('ok'), { timeout: 5000 })
    await client.close()
    const event = { channel: 'c', event: 'e', data: 1 }
    const refused = {
      code: 'closed',
      outcome: 'not_delivered',
      attempts: 0,
      retryable: false,
      channel: 'c',
      event: 'e',
    }
    const timersBefore = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await expect(client.trigger('c', 'e', 1)).rejects.toMatchObject(refused)
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(timersBefore)
    const results = await client.triggerBatch([event, { ...event, event: 'f' }])
    expect(results).toMatchObject([{ reason: refused }, { reason: { ...refused, event: 'f' } }])
    expect(server.requests).toBe(1)
  })
})

test('any number of triggers can share one signal without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  let answered = 0
  const client = clientOf({ hooks: { response: () => answered++ } })
  const abort = new AbortController()
  const { signal } = abort
  const events = times(200, () => ({ channel: 'c', event: 'e', data: data('ok') }))
  await client.triggerBatch(events, { signal })
  const waiting = times(20, () => client.trigger('c', 'e', data('503, in a second'), { signal }))
  const hung = times(20, () => client.trigger('c', 'e', data('hang before'), { signal }))
  const ended = Promise.all([endings(waiting), endings(hung)])
  while (answered < 220 || server.requests < 240) await new Promise(setImmediate)
  abort.abort()
  expect(await ended).toEqual([{ 'aborted, not_delivered': 20 }, { 'aborted, unknown': 20 }])
  await client.close()
  // A warning is emitted in the next tick.
  await new Promise(setImmediate)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

describe('a process of its own', () => {
  /** Runs a module with a client in it against the server. Gives what it printed, once it has ended by itself. */
  const run = async (code: string, endpoint: string) => {
    const options = JSON.stringify({ appKey: 'k', endpoint, timeout: 200, deadline: 1500, delivery: 'at-least-once' })
    const module = `
      import { PingerchipsServer } from '@pingerchips/core'
      const client = new PingerchipsServer('1', 'secret', ${options})
      const send = (...plays) =>
        Promise.allSettled(plays.map((play, n) => client.trigger('c', 'e', { n: Math.random(), play: [play] })))
      ${code}`
    // It runs what was built: `npm test` builds first.
    const child = spawn(process.execPath, ['--input-type=module', '--eval', module], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let done = Number.POSITIVE_INFINITY
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      done = performance.now()
    })
    const [exitCode] = await once(child, 'close')
    expect({ exitCode, printed }).toMatchObject({ exitCode: 0 })
    // undici keeps an idle connection for 4 s, and tries for 10 s to get one.
    return { printed, lingers: performance.now() - done > 3000 }
  }

  test('ends by itself without close()', async () => {
    const code = `await send('ok', 'ok', '503', 'reset after', 'ok'); console.log('sent')`
    expect(await run(code, server.url)).toEqual({ printed: 'sent\n', lingers: false })
  })

  test.each([
    ['successes', ['ok', 'ok', 'ok']],
    ['answers of all kinds', ['422', '503', '429, in a second', '500 after', 'redirect', 'an early hint']],
    ['connections that broke', ['reset before', 'close after', 'half a body', 'not HTTP', 'endless body']],
    ['time-outs', ['hang before', 'slow drip', 'length too long']],
  ] as const)('has no socket and no timer after close(): %s', async (_name, plays) => {
    const code = `
      await send(...${JSON.stringify(plays)})
      await client.close()
      console.log(process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Addr/.test(name)).join())`
    expect(await run(code, server.url)).toMatchObject({ printed: '\n', lingers: false })
  })

  test('has no socket and no timer after close(): no connection', async () => {
    const code = `
      await send('ok')
      await client.close()
      console.log(process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Addr/.test(name)).join())`
    const silent = createServer((socket: Socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    for (const endpoint of [`https://127.0.0.1:${port}`, 'http://127.0.0.1:9'])
      expect(await run(code, endpoint)).toMatchObject({ printed: '\n', lingers: false })
    silent.close()
  })
})
