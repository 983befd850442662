import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An app that listens on 127.0.0.1, on a port that the system picked. */
export interface Served {
  readonly url: string
  close(): Promise<void>
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A port of 127.0.0.1 that is free now, for a program that takes its port from its environment. */
export async function freePort(): Promise<number> {
  const { url, close } = await serve(() => {})
  await close()
  return Number(new URL(url).port)
}
