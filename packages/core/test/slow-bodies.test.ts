import { createServer } from 'node:http'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'
import { describeSlowBodies } from './slow-bodies.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describeSlowBodies(
  'nodeHandler',
  () => createServer(nodeHandler({ client, authorize: () => true, webhooks: { handler() {} } })),
  [[204, 'a body behind OPTIONS', ['OPTIONS /pingerchips/auth', 'Content-Length: 100']]],
)
