import { createServer, type RequestListener, type Server } from 'node:http'
import { createApp as createExpressApp } from '@examples/express-session'
import { createApp as createFastifyApp } from '@examples/fastify-session'
import { createApp as createHonoApp } from '@examples/hono-node'
import { createApp as createKoaApp } from '@examples/koa-session'
import { getRequestListener } from '@hono/node-server'
import type { PingerchipsServer } from '@pingerchips/core'

export interface ExampleApp {
  readonly name: string
  /** Where it is when nothing else is there. */
  readonly port: number
  listener(client: PingerchipsServer): Promise<RequestListener> | RequestListener
}

export interface RunningExample {
  readonly name: string
  readonly url: string
  close(): Promise<void>
}

/** The four example apps, each as what `node:http` serves. */
export const exampleApps: readonly ExampleApp[] = [
  { name: 'express', port: 3001, listener: createExpressApp },
  {
    name: 'fastify',
    port: 3002,
    async listener(client) {
      const app = createFastifyApp(client)
      await app.ready()
      return app.routing
    },
  },
  { name: 'hono', port: 3003, listener: (client) => getRequestListener(createHonoApp(client).fetch) },
  { name: 'koa', port: 3004, listener: (client) => createKoaApp(client).callback() },
]

/** Starts an example on `port`, or on a port that the system picks when something else is there. */
export async function startExample(app: ExampleApp, client: PingerchipsServer, port: number): Promise<RunningExample> {
  const server = createServer(await app.listener(client))
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    return listen(server, 0)
  })
  const address = server.address()
  const at = typeof address === 'object' && address !== null ? address.port : port
  return {
    name: app.name,
    url: `http://127.0.0.1:${at}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
