import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'

test('HTTP/2: 408 to a body that drips in, and its stream is closed after 10 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
  const handler = nodeHandler({ client, authorize: () => true })
  const server = createServer((req, res) => void handler(req as never, res as never)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const arrived = once(server, 'stream')
  const path = '/pingerchips/auth'
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' })
  stream.write('{')
  await arrived
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  const response = once(stream, 'response')
  const closed = once(stream.resume(), 'close')
  vi.advanceTimersByTime(10_000)
  expect((await response)[0]).toMatchObject({ ':status': 408 })
  await closed
})
