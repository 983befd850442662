import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { Hono } from 'hono'
import { describeSlowBodies } from '../../core/test/slow-bodies.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describeSlowBodies('Hono 4 on Node', () => {
  const app = new Hono().use(pingerchips({ client, authorize: () => true, webhooks: { handler() {} } }))
  // The server's own clean-up closes the connection half a second after a refusal.
  return createServer(getRequestListener(app.fetch, { autoCleanupIncoming: false }))
})
