import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Returns a free port of the loopback interface, for a server that cannot pick one itself. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
