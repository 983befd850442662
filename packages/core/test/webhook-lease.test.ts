import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer, type ReplayStore } from '../src/index.ts'
import { MemoryReplayStore } from '../src/webhooks/memory-replay-store.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const now = 1_700_000_000_000
const body = JSON.stringify({ time_ms: now, events: [{ name: 'cache_miss', channel: 'a' }] })
const request = () =>
  new Request('http://127.0.0.1/webhooks', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-pusher-key': 'key',
      'x-pusher-signature': createHmac('sha256', 'secret').update(body).digest('hex'),
    },
    body,
  })

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function methodsOf(memory: MemoryReplayStore): ReplayStore {
  return {
    setIfAbsent: memory.setIfAbsent.bind(memory),
    setIfEqual: memory.setIfEqual.bind(memory),
    deleteIfEqual: memory.deleteIfEqual.bind(memory),
  }
}

/** A turn of the event loop, whose timers are fake. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A handler whose runs the test ends, one by one. */
function controlled(store: ReplayStore) {
  const runs: { resolve: () => void; reject: (error: Error) => void }[] = []
  const errors: unknown[] = []
  const endpoint = fetchHandler({
    client,
    authorize: () => false,
    timeout: 1000,
    onError: (error) => void errors.push(error),
    webhooks: { store, handler: () => new Promise<void>((resolve, reject) => runs.push({ resolve, reject })) },
  })
  const status = async () => (await endpoint(request())).status
  /** Delivers the webhook, and waits until its handler runs. */
  const start = async () => {
    const before = runs.length
    const response = status()
    while (runs.length === before) await turn()
    return { response }
  }
  return { runs, errors, status, start }
}

describe('the lease of a webhook', () => {
  test('is renewed for as long as the handler runs', async () => {
    const { runs, status, start } = controlled(new MemoryReplayStore())
    const { response: first } = await start()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await first).toBe(500)
    await vi.advanceTimersByTimeAsync(200_000)
    expect([await status(), runs.length]).toEqual([503, 1])
    runs[0]?.resolve()
    await turn()
    expect([await status(), runs.length]).toEqual([200, 1])
  })

  test('ends with a handler that never ends, once the webhook has expired', async () => {
    const store = new MemoryReplayStore()
    const { start } = controlled(store)
    await start()
    await vi.advanceTimersByTimeAsync(600_001 + 80_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(store.setIfAbsent(createHmac('sha256', 'secret').update(body).digest('hex'), 'x', 1)).toBeUndefined()
  })

  test('has an owner: a slow run that fails does not take back what a second run has completed', async () => {
    const memory = new MemoryReplayStore()
    let isPaused = false
    // A process that was suspended renews nothing.
    const suspended: ReplayStore = {
      ...methodsOf(memory),
      setIfEqual: (...call) => !isPaused && memory.setIfEqual(...call),
    }
    const slow = controlled(suspended)
    const other = controlled(memory)
    await slow.start()
    await vi.advanceTimersByTimeAsync(1000)
    isPaused = true
    await vi.advanceTimersByTimeAsync(100_000)
    const { response: second } = await other.start()
    other.runs[0]?.resolve()
    expect(await second).toBe(200)
    isPaused = false
    slow.runs[0]?.reject(new Error('late'))
    await turn()
    expect([await other.status(), other.runs.length]).toEqual([200, 1])
  })

  test('has an owner: a slow run that fails does not end the lease of a second run', async () => {
    const memory = new MemoryReplayStore()
    const suspended: ReplayStore = {
      ...methodsOf(memory),
      setIfEqual: () => false,
    }
    const slow = controlled(suspended)
    const other = controlled(memory)
    await slow.start()
    await vi.advanceTimersByTimeAsync(61_000)
    await other.start()
    slow.runs[0]?.reject(new Error('late'))
    await turn()
    expect([await other.status(), other.runs.length]).toEqual([503, 1])
  })

  test('a run that succeeds after its lease has expired is recorded, if no other run has begun', async () => {
    const memory = new MemoryReplayStore()
    const suspended: ReplayStore = {
      ...methodsOf(memory),
      setIfEqual: () => false,
    }
    const slow = controlled(suspended)
    await slow.start()
    await vi.advanceTimersByTimeAsync(61_000)
    slow.runs[0]?.resolve()
    await turn()
    expect([await slow.status(), slow.runs.length]).toEqual([200, 1])
  })

  test('outlasts a store that is down for one renewal', async () => {
    const memory = new MemoryReplayStore()
    let failures = 1
    const flaky: ReplayStore = {
      ...methodsOf(memory),
      setIfEqual: (...call) => {
        if (failures-- > 0) throw new Error('down')
        return memory.setIfEqual(...call)
      },
    }
    const { runs, status, start } = controlled(flaky)
    await start()
    await vi.advanceTimersByTimeAsync(100_000)
    expect([await status(), runs.length]).toEqual([503, 1])
  })

  test('in memory, an owner changes and deletes nothing of another', () => {
    const store = new MemoryReplayStore()
    store.setIfAbsent('id', 'handling b', 1000)
    expect(store.setIfEqual('id', 'handling a', 'handled a', 1000)).toBe(false)
    store.deleteIfEqual('id', 'handling a')
    expect(store.setIfAbsent('id', 'handling c', 1000)).toBe('handling b')
    expect(store.setIfEqual('id', 'handling b', 'handled b', 1000)).toBe(true)
    expect(store.setIfAbsent('id', 'handling c', 1000)).toBe('handled b')
  })

  test('client.webhook: release() takes back only its own receipt', async () => {
    const store = new MemoryReplayStore()
    const input = { headers: request().headers, rawBody: body }
    const first = await client.webhook(input, { store })
    if (!first.ok) throw new Error(first.code)
    await first.release()
    expect(await client.webhook(input, { store })).toMatchObject({ ok: true })
    await first.release()
    expect(await client.webhook(input, { store })).toMatchObject({ ok: false, code: 'replayed' })
  })

  test('a store whose setIfEqual does not return a boolean is the app\u2019s mistake', async () => {
    const memory = new MemoryReplayStore()
    const vague = { ...methodsOf(memory), setIfEqual: () => 'OK' as never }
    const { runs, errors, start } = controlled(vague)
    const { response } = await start()
    runs[0]?.resolve()
    expect(await response).toBe(500)
    expect(errors).toMatchObject([{ code: 'invalid_callback_result' }])
  })
})

describe('a forged webhook', () => {
  const long = 'x'.repeat(1024 * 1024)
  const forged = (headers: Record<string, string>) => {
    let isRead = false
    const source = new ReadableStream(
      {
        pull(controller) {
          isRead = true
          controller.enqueue(new TextEncoder().encode(long))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const sent = new Request('http://127.0.0.1/webhooks', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: source,
      duplex: 'half',
    } as RequestInit)
    return { sent, isRead: () => isRead }
  }
  const additionalSecrets = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, secret: 'x' }))

  test.each([
    ['without headers', {}],
    ['without a key', { 'x-pusher-signature': 'a'.repeat(64) }],
    ['with an unknown key', { 'x-pusher-key': 'other', 'x-pusher-signature': 'a'.repeat(64) }],
    ['with a signature of another form', { 'x-pusher-key': 'key', 'x-pusher-signature': 'A'.repeat(64) }],
  ])('%s is refused with its body unread', async (_name, headers) => {
    const handler = fetchHandler({ client, authorize: () => false, webhooks: { handler() {}, additionalSecrets } })
    const { sent, isRead } = forged(headers)
    expect([(await handler(sent)).status, isRead()]).toEqual([401, false])
  })
})
