import { createServer } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'

/** Obeys orders that are posted to a port of its own, and says which. */
export function listen(obey: (order: string) => Promise<string>): void {
  const server = createServer(async (req, res) => {
    let order = ''
    for await (const chunk of req) order += chunk
    res.end(await obey(order))
  })
  server.listen(0, '127.0.0.1', () => console.log(`obeys on ${portOf(server)}`))
}
