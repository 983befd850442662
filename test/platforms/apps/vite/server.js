import { createServer } from 'node:http'
import { PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'

const auth = nodeHandler({ authorize: ({ channel }) => channel === 'private-a', webhooks: { handler() {} } })

createServer(async (req, res) => {
  if (req.url !== '/notify') return auth(req, res)
  await PingerchipsServer.fromEnv().trigger('private-a', 'shipped', { id: 1 })
  res.end('{"ok":true}')
}).listen(Number(process.env.PORT), '127.0.0.1')
