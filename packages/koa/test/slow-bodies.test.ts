import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import Koa from 'koa'
import Koa2 from 'koa2'
import { describeSlowBodies } from '../../core/test/slow-bodies.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

for (const [name, Framework] of [
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
] as const)
  describeSlowBodies(name, () => {
    const app = new Framework()
    app.silent = true
    return createServer(app.use(pingerchips({ client, authorize: () => true, webhooks: { handler() {} } })).callback())
  })
