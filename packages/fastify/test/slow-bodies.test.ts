import { PingerchipsServer } from '@pingerchips/core'
import Fastify from 'fastify'
import { describeSlowBodies } from '../../core/test/slow-bodies.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describeSlowBodies('Fastify 5', async () => {
  const app = Fastify()
  app.register(pingerchips, { client, authorize: () => true, webhooks: { handler() {} } })
  await app.ready()
  return app.server
})
