import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { H3, toNodeHandler } from 'h3'
import * as h3v1 from 'h3v1'
import { describeSlowBodies } from '../../core/test/slow-bodies.ts'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const middleware = () => pingerchips({ client, authorize: () => true, webhooks: { handler() {} } })

describeSlowBodies('h3 2', () => createServer(toNodeHandler(new H3().use(middleware()))))
describeSlowBodies('h3 1', () => {
  const app = h3v1.createApp().use(middleware() as unknown as h3v1.EventHandler)
  return createServer(h3v1.toNodeListener(app))
})
