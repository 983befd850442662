// One process of an app that is limited by a Redis of all its processes: test/limit-redis.test.ts starts two.
import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'

const { REDIS_PORT, POINTS, ON_UNAVAILABLE } = process.env
const storeClient = new Redis({ host: '127.0.0.1', port: Number(REDIS_PORT), retryStrategy: () => 20 })
storeClient.on('error', () => {})

const handler = nodeHandler({
  client: new PingerchipsServer('1', 'secret', { appKey: 'key', onBackgroundError: ({ code }) => console.log(code) }),
  user: (req) => req.headers['x-user'],
  authorize: () => true,
  rateLimit: {
    limiter: new RateLimiterRedis({ storeClient, points: Number(POINTS), duration: 60 }),
    onStoreError: ON_UNAVAILABLE,
    // Longer than a busy machine takes, or the one that is open would let requests through uncounted.
    timeout: 1500,
  },
})
const server = createServer(handler).listen(0, '127.0.0.1', () => console.log(`port ${server.address().port};`))
