import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BatchEvent, PingerchipsServer, type PingerchipsServerOptions, sendServer } from '../src/index.ts'
import { maxPendingCalls, maxPendingSize } from '../src/transport/backlog.ts'

/** A service that accepts connections and never responds. */
let server: Server
let endpoint: string
const sockets = new Set<Socket>()
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

const text = 'x'.repeat(16 * 1024)
const overloaded = { code: 'overloaded', outcome: 'not_delivered', attempts: 0, retryable: true }

describe('while the service hangs', () => {
  const make = (options: PingerchipsServerOptions = {}) =>
    new PingerchipsServer('1', 's', { appKey: 'k', endpoint, retries: 0, ...options })
  /** Counts rejections by code; the calls in progress are aborted once the others have ended. */
  const codesOf = async (calls: readonly Promise<unknown>[], abort: AbortController) => {
    const codes: Record<string, number> = {}
    const ended = calls.map((call) =>
      call.catch(({ code }) => {
        codes[code] = (codes[code] ?? 0) + 1
      }),
    )
    await new Promise(setImmediate)
    abort.abort()
    await Promise.all(ended)
    return codes
  }

  test('triggers beyond 16 Mi characters of data are rejected at once, and there is room again afterwards', async () => {
    const client = make()
    const abort = new AbortController()
    const trigger = () => client.trigger('c', 'e', text, { signal: abort.signal })
    const room = Math.ceil(maxPendingSize / (text.length + 2))
    const calls = Array.from({ length: room }, trigger)
    await expect(client.trigger('c', 'late', 1)).rejects.toMatchObject({ ...overloaded, channel: 'c', event: 'late' })
    await expect(client.trigger('c', '', 1)).rejects.toThrow(/^event must be/)
    expect(await codesOf([...calls, trigger()], abort)).toEqual({ aborted: room, overloaded: 1 })
    await expect(client.trigger('c', 'e', 1, { timeout: 20 })).rejects.toMatchObject({ code: 'timeout' })
    await client.close()
  })

  test('calls beyond 10,000 are rejected at once', async () => {
    const client = make({ protocol: 'pusher' })
    const abort = new AbortController()
    const { signal } = abort
    const triggers = Array.from({ length: maxPendingCalls }, () => client.trigger('c', 'e', 1, { signal }))
    await expect(client.listChannels()).rejects.toMatchObject({ ...overloaded, channels: [] })
    expect(await codesOf([...triggers, client.sendToUser('1', 'e', 1)], abort)).toEqual({
      aborted: maxPendingCalls,
      overloaded: 1,
    })
    await client.close()
  })

  test('events to many channels count by the requests that hold their data at once', async () => {
    const client = make()
    const abort = new AbortController()
    const channels = Array.from({ length: 100 }, (_, n) => `c${n}`)
    const calls = Array.from({ length: 100 }, () => client.trigger(channels, 'e', text, { signal: abort.signal }))
    const { aborted, ...others } = await codesOf(calls, abort)
    expect(aborted).toBe(Math.ceil(maxPendingSize / (16 * (text.length + 2))))
    expect(others).toEqual({ overloaded: 100 - (aborted ?? 0) })
    await client.close()
  })

  test.each(['signed', 'pusher'] as const)(
    'events of a batch beyond the bound fail, in order, over the %s protocol',
    async (protocol) => {
      const client = make({ protocol, timeout: 50, deadline: 50 })
      const event = (n: number): BatchEvent => ({ channel: 'c', event: `event ${n}`, data: text })
      const results = await client.triggerBatch(Array.from({ length: 2000 }, (_, n) => event(n)))
      const codes = results.map((result) => result.status === 'rejected' && result.reason.code)
      const kept = codes.indexOf('overloaded')
      expect(kept).toBe(Math.ceil(maxPendingSize / (text.length + 2)))
      expect(new Set(codes.slice(0, kept))).toEqual(new Set(['timeout']))
      expect(new Set(codes.slice(kept))).toEqual(new Set(['overloaded']))
      expect(results[kept]).toMatchObject({ reason: { ...overloaded, event: `event ${kept}` } })
      await client.close()
    },
  )

  test('hooks are called for calls that are rejected', async () => {
    const errors: string[] = []
    const client = make({ hooks: { error: ({ code }) => errors.push(code) } })
    const abort = new AbortController()
    const calls = Array.from({ length: maxPendingCalls + 5 }, () =>
      client.trigger('c', 'e', 1, { signal: abort.signal }),
    )
    await codesOf(calls, abort)
    expect(errors.filter((code) => code === 'overloaded')).toHaveLength(5)
    await client.close()
  })

  test('sendServer sends no more requests, and says so', async () => {
    const sent = Array.from({ length: 1100 }, () => sendServer(endpoint, text, { timeout: 100 }))
    const errors = new Set((await Promise.all(sent)).map(({ error }) => error))
    expect(errors).toEqual(new Set(['Request timeout', 'Too many requests in progress']))
  })
})

/** In a process of its own, since memory is of the process. It runs what was built: `npm test` builds first. */
async function memoryOf(call: string, options: PingerchipsServerOptions): Promise<{ heap: number; codes: string[] }> {
  const module = `
    import { PingerchipsServer, sendServer } from '@pingerchips/core'
    const client = new PingerchipsServer('1', 's', ${JSON.stringify({ appKey: 'k', endpoint, retries: 0, ...options })})
    const url = ${JSON.stringify(endpoint)}
    const text = 'x'.repeat(16 * 1024)
    const events = Array.from({ length: 20_000 }, (_, n) => ({ channel: 'c', event: 'e', data: { n, text } }))
    const codes = new Set()
    const fail = (error) => codes.add(error.code)
    const before = process.memoryUsage()
    ${call}
    await new Promise((resolve) => setTimeout(resolve, 200))
    gc()
    const { heapUsed, external } = process.memoryUsage()
    process.stdout.write(JSON.stringify({ heap: heapUsed + external - before.heapUsed - before.external, codes: [...codes] }))
    process.exit()`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '--eval', module], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    printed += part
  })
  await once(child, 'close')
  return JSON.parse(printed)
}

test.each<[name: string, call: string, options: PingerchipsServerOptions]>([
  ['triggers', 'for (const { data } of events) client.trigger("c", "e", data).catch(fail)', {}],
  ['events of a batch', 'client.triggerBatch(events)', { protocol: 'pusher' }],
  ['events of a batch, one in a request', 'client.triggerBatch(events)', {}],
  [
    'triggers that share requests',
    'for (const { data } of events) client.trigger("c", "e", data).catch(fail)',
    { protocol: 'pusher', batch: true },
  ],
  ['requests of sendServer', 'for (const { data } of events) sendServer(url, data)', {}],
])('20,000 %s of 16 KB take less than 100 MB while the service hangs', async (_name, call, options) => {
  const { heap } = await memoryOf(call, options)
  expect(heap / 1e6).toBeLessThan(100)
})
