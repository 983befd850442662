import type { RequestListener } from 'node:http'
import { createApp as createExpressApp } from '@examples/express-session'
import { createApp as createFastifyApp } from '@examples/fastify-session'
import { createApp as createHonoApp } from '@examples/hono-node'
import { createApp as createKoaApp } from '@examples/koa-session'
import { getRequestListener } from '@hono/node-server'
import type { PingerchipsServer } from '@pingerchips/core'

export interface ExampleApp {
  readonly name: string
  /** Name of the framework. */
  readonly framework: string
  /** Its folder in `examples/`. */
  readonly folder: string
  /** Port, if it is free. */
  readonly port: number
  listener(client: PingerchipsServer): Promise<RequestListener> | RequestListener
}

/** The four example apps, as listeners for `node:http`. */
export const exampleApps: readonly ExampleApp[] = [
  { name: 'express', framework: 'Express', folder: 'express-session', port: 3001, listener: createExpressApp },
  {
    name: 'fastify',
    framework: 'Fastify',
    folder: 'fastify-session',
    port: 3002,
    async listener(client) {
      const app = createFastifyApp(client)
      await app.ready()
      return app.routing
    },
  },
  {
    name: 'hono',
    framework: 'Hono',
    folder: 'hono-node',
    port: 3003,
    listener: (client) => getRequestListener(createHonoApp(client).fetch),
  },
  {
    name: 'koa',
    framework: 'Koa',
    folder: 'koa-session',
    port: 3004,
    listener: (client) => createKoaApp(client).callback(),
  },
]
