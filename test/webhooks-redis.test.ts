import { createHmac } from 'node:crypto'
import { PingerchipsServer, type ReplayStore } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasRedis, type RunningRedis, startRedis } from './redis.ts'

if (!hasRedis)
  console.warn(
    'test/webhooks-redis.test.ts is skipped: there is no /usr/bin/redis-server (apt-get install redis-server)',
  )

const setIfEqual = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1`
const deleteIfEqual = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0`

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describe.skipIf(!hasRedis)('two endpoints with one Redis, by the store of the README', () => {
  let server: RunningRedis
  let redis: Redis
  let store: ReplayStore
  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis(server.port)
    store = {
      setIfAbsent: (id, value, ttlMs) => redis.set(`webhook:${id}`, value, 'PX', ttlMs, 'NX', 'GET'),
      setIfEqual: async (id, expected, value, ttlMs) =>
        (await redis.eval(setIfEqual, 1, `webhook:${id}`, expected, value, ttlMs)) === 1,
      deleteIfEqual: (id, expected) => redis.eval(deleteIfEqual, 1, `webhook:${id}`, expected),
    }
  }, 30_000)
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })

  test('only the owner of a value can replace or delete it', async () => {
    expect(await store.setIfAbsent('a', 'mine', 60_000)).toBeNull()
    expect(await store.setIfAbsent('a', 'theirs', 60_000)).toBe('mine')
    expect(await store.setIfEqual('a', 'theirs', 'x', 60_000)).toBe(false)
    await store.deleteIfEqual('a', 'theirs')
    expect(await store.setIfEqual('a', 'mine', 'done', 1000)).toBe(true)
    expect(await redis.pttl('webhook:a')).toBeLessThanOrEqual(1000)
    await store.deleteIfEqual('a', 'done')
    expect(await redis.keys('*')).toEqual([])
  })

  test('a slow handler whose lease has passed to another process takes nothing back from it', async () => {
    let fail: (error: Error) => void = () => {}
    const slow = () => new Promise<void>((_, reject) => (fail = reject))
    let handled = 0
    const options = { client, authorize: () => false, onError() {}, timeout: 50 }
    const first = fetchHandler({ ...options, webhooks: { store, handler: slow } })
    const second = fetchHandler({ ...options, webhooks: { store, handler: () => handled++ } })
    const body = JSON.stringify({ time_ms: Date.now(), events: [{ name: 'cache_miss', channel: 'lease' }] })
    expect((await first(webhook(body))).status).toBe(500)
    expect((await second(webhook(body))).status).toBe(503)
    // What a process that was suspended for longer than its lease finds.
    await redis.del(...(await redis.keys('*')))
    expect((await second(webhook(body))).status).toBe(200)
    fail(new Error('the database is down'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await second(webhook(body))).status).toBe(200)
    expect(handled).toBe(1)
    await redis.del(...(await redis.keys('*')))
  })

  test('handle a repeated webhook once, and again if the handler has failed', async () => {
    let failures = 1
    let handled = 0
    const on = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (failures-- > 0) throw new Error('the database is down')
      handled++
    }
    // A time-out of some length: it must be whole milliseconds to Redis.
    const options = { client, authorize: () => false, onError() {}, timeout: 5000.5, webhooks: { store, handler: on } }
    const endpoints = [fetchHandler(options), fetchHandler(options)]
    const body = JSON.stringify({ time_ms: Date.now(), events: [] })
    const statuses = async () => {
      const answers = await Promise.all([0, 1, 0, 1].map((index) => endpoints[index]?.(webhook(body))))
      return answers.map((answer) => answer?.status).toSorted()
    }
    expect(await statuses()).toEqual([500, 503, 503, 503])
    expect(await statuses()).toEqual([200, 503, 503, 503])
    expect(await statuses()).toEqual([200, 200, 200, 200])
    expect(handled).toBe(1)
    const input = { headers: webhook(body).headers, rawBody: body }
    expect(await client.webhook(input, { store })).toMatchObject({ ok: false, code: 'replayed' })
    const [key = ''] = await redis.keys('*')
    expect(await redis.pttl(key)).toBeGreaterThan(500_000)
  })
})

function webhook(body: string): Request {
  const signature = createHmac('sha256', 'secret').update(body).digest('hex')
  const headers = { 'content-type': 'application/json', 'x-pusher-key': 'key', 'x-pusher-signature': signature }
  return new Request('http://127.0.0.1/webhooks', { method: 'POST', headers, body })
}
