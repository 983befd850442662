import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PingerchipsServer } from '@pingerchips/core'
import { nodeHandler } from '@pingerchips/core/node'
import { expect, test } from 'vitest'

test('header() joins two Cookie fields by "; " and two other fields by ", "', async () => {
  const seen: (string | undefined)[] = []
  const handler = nodeHandler({
    client: new PingerchipsServer('1', 'secret', { appKey: 'key' }),
    user: (_request, { header }) => {
      seen.push(header('cookie'), header('x-other'))
      return { id: '1' }
    },
    authorize: () => true,
  })
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const headers = [
    ...['Cookie', 'a=1', 'Cookie', 'b=2', 'X-Other', 'a', 'X-Other', 'b'],
    ...['Host', '127.0.0.1', 'Content-Type', 'application/x-www-form-urlencoded, application/json'],
  ]
  // An array keeps both fields apart on the wire.
  const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/pingerchips/auth', headers })
  sent.end('socket_id=1.1&channel_name=private-a')
  const [response] = await once(sent, 'response')
  response.resume()
  server.close()
  expect([response.statusCode, ...seen]).toEqual([200, 'a=1; b=2', 'a, b'])
})
