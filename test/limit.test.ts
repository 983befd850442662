import { createHmac } from 'node:crypto'
import { PingerchipsServer, type RateLimiter } from '@pingerchips/core'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { describe, expect, test } from 'vitest'
import { type Limit, limitedApps } from './limited-apps.ts'
import { serve } from './serve.ts'

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')
const hashed = (key: string) => hmac(hmac('secret', 'pingerchips rate limit keys, version 1'), key)

for (const { name, proxies, listener } of limitedApps)
  describe(name, () => {
    /** Serves the app while something asks it to join; the keys are those that reached the limiter. */
    const asking = async (
      consume: RateLimiter['consume'],
      use: (join: Join, keys: readonly string[]) => Promise<void>,
      { trustProxy = false, ...limit }: Partial<Limit> & { trustProxy?: boolean } = {},
    ) => {
      const keys: string[] = []
      const failures: unknown[] = []
      const limiter: RateLimiter = {
        consume(key) {
          keys.push(key)
          return consume(key)
        },
      }
      const onError = (failure: unknown) => failures.push(failure)
      const client = new PingerchipsServer('1', 'secret', { appKey: 'key', onBackgroundError: onError })
      const app = await serve(await listener(client, { limiter, ...limit }, trustProxy))
      try {
        await use((headers) => join(app.url, headers), keys)
      } finally {
        await app.close()
      }
      return failures
    }
    const upTo = (points: number): RateLimiter['consume'] => {
      const limiter = new RateLimiterMemory({ points, duration: 60 })
      return (key) => limiter.consume(key)
    }

    test('counts each user, and unauthenticated requests by client IP', async () => {
      const failures = await asking(upTo(2), async (join, keys) => {
        const statuses = []
        for (const user of ['ada', 'ada', 'ada', 'bob', '', '', '', 'bob'])
          statuses.push((await join({ 'x-user': user })).status)
        expect(statuses).toEqual([200, 200, 429, 200, 403, 403, 429, 200])
        const [ada, bob, anonymous] = ['user:ada', 'user:bob', 'address:127.0.0.1'].map(hashed)
        expect(keys).toEqual([ada, ada, ada, bob, anonymous, anonymous, anonymous, bob])
      })
      expect(failures).toEqual([])
    })

    test('responds 429 with Retry-After, as JSON with no-store', async () => {
      await asking(upTo(0), async (join) => {
        const { status, headers, body } = await join({ 'x-user': 'ada' })
        expect([status, body]).toEqual([429, { error: 'Too many requests' }])
        expect(headers.get('retry-after')).toBe('60')
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get('content-type')).toMatch(/^application\/json/)
      })
    })

    test('a header of the client does not change the client IP', async () => {
      await asking(upTo(1), async (join) => {
        const statuses = []
        for (const address of ['192.0.2.1', '192.0.2.2'])
          statuses.push((await join({ 'x-forwarded-for': address, forwarded: `for=${address}` })).status)
        expect(statuses).toEqual([403, 429])
      })
    })

    if (proxies)
      test('the client IP is the one that the framework reads from a trusted proxy', async () => {
        await asking(
          async () => {},
          async (join, keys) => {
            for (const address of [
              '192.0.2.1',
              '::ffff:192.0.2.1',
              '2001:db8::1',
              '2001:db8:0:ff::2',
              '2001:db8:0:100::1',
            ])
              await join({ 'x-forwarded-for': address })
            const addresses = ['192.0.2.1', '192.0.2.1', '2001:db8::', '2001:db8::', '2001:db8:0:100::']
            expect(keys).toEqual(addresses.map((address) => hashed(`address:${address}`)))
          },
          { trustProxy: true },
        )
      })

    for (const [what, consume] of [
      ['is down', () => Promise.reject(new Error('down'))],
      ['hangs', () => new Promise(() => {})],
    ] as const)
      for (const [onStoreError, status] of [
        ['allow', 200],
        ['deny', 503],
      ] as const)
        test(`onStoreError ${onStoreError}, with a store that ${what}`, async () => {
          const use = async (join: Join) => expect((await join({ 'x-user': 'ada' })).status).toBe(status)
          const failures = await asking(consume, use, { onStoreError, timeout: 20 })
          expect(failures).toMatchObject([{ code: 'limiter_unavailable' }])
        })
  })

type Join = (headers: Record<string, string>) => ReturnType<typeof join>

async function join(url: string, headers: Record<string, string>) {
  const answer = await fetch(`${url}/pingerchips/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"socket_id":"1.1","channel_name":"private-a"}',
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}
