import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Running, startUntil } from './child.ts'
import { hasRedis, type RunningRedis, startRedis } from './redis.ts'

if (!hasRedis)
  console.warn('test/limit-redis.test.ts is skipped: there is no /usr/bin/redis-server (apt-get install redis-server)')

const points = 40

describe.skipIf(!hasRedis)('two processes with one Redis', () => {
  let redis: RunningRedis
  /** The first lets requests through while Redis is down, the second refuses them. */
  let processes: readonly Running[]
  beforeAll(async () => {
    redis = await startRedis()
    processes = await Promise.all(['allow', 'deny'].map((onStoreError) => startApp(redis.port, onStoreError)))
  }, 30_000)
  afterAll(async () => {
    redis?.resume()
    await Promise.all((processes ?? []).map((app) => app.stop()))
    await redis?.stop()
  })
  const each = () => Promise.all(processes.map((app) => join(app, { 'x-user': `${Math.random()}` })))

  test('allow one user exactly as many requests as the limit', async () => {
    const answers = await Promise.all(
      Array.from({ length: 3 * points }, (_, i) => join(processes[i % 2], { 'x-user': 'ada' })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(points)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(2 * points)
    for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(30)
    expect((await join(processes[1], { 'x-user': 'bob' })).status).toBe(200)
  })

  test('an unauthenticated client IP has one limit in two processes', async () => {
    const answers = await Promise.all(Array.from({ length: 2 * points }, (_, i) => join(processes[i % 2], {})))
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(points)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(points)
  })

  test('store neither the user id nor the client IP in Redis', async () => {
    const storeClient = new Redis({ port: redis.port })
    const keys = await storeClient.keys('*')
    storeClient.disconnect()
    expect(keys).toHaveLength(3)
    for (const key of keys) expect(key).toMatch(/^rlflx:[0-9a-f]{64}$/)
  })

  test('allow or deny, by onStoreError, while Redis hangs, and count again afterwards', async () => {
    redis.pause()
    const start = performance.now()
    expect(await each()).toMatchObject([{ status: 200 }, { status: 503 }])
    expect(performance.now() - start).toBeLessThan(6000)
    redis.resume()
    await countingAgain()
  })

  test('allow or deny, by onStoreError, while Redis is down, and count again afterwards', async () => {
    await redis.stop()
    expect(await each()).toMatchObject([{ status: 200 }, { status: 503 }])
    redis = await startRedis(redis.port)
    await countingAgain()
  })

  /** Both refuse who has asked too often of either. */
  async function countingAgain(): Promise<void> {
    const user = { 'x-user': `${Math.random()}` }
    await vi.waitFor(async () => expect((await join(processes[1], user)).status).toBe(200), { timeout: 5000 })
    await Promise.all(Array.from({ length: points }, () => join(processes[1], user)))
    // The one that is open tells nothing until it has found Redis again.
    await vi.waitFor(async () => {
      const answers = await Promise.all(processes.map((app) => join(app, user)))
      expect(answers).toMatchObject([{ status: 429 }, { status: 429 }])
    }, 5000)
  }
})

function startApp(port: number, onStoreError: string): Promise<Running> {
  return startUntil(/port (\d+);/, {
    command: process.execPath,
    args: ['limited-process.mjs'],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { REDIS_PORT: String(port), POINTS: String(points), ON_UNAVAILABLE: onStoreError },
  })
}

async function join(app: Running | undefined, headers: Record<string, string>) {
  const answer = await fetch(`http://127.0.0.1:${app?.said}/pingerchips/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"socket_id":"1.1","channel_name":"private-a"}',
  })
  await answer.arrayBuffer()
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
}
