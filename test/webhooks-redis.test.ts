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
      set: (id, value, ttlMs) => redis.set(`webhook:${id}`, value, 'PX', ttlMs),
      delete: (id) => redis.del(`webhook:${id}`),
    }
  }, 30_000)
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
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
