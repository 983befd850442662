import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { type AppSetup, type Harness, portOf, type Traits } from './app.ts'

/** An app of a framework that answers a `Request` with a `Response`: what serves it is the runtime's. */
export interface FetchApp extends Traits {
  /** What answers. `env` and `context` are what Workers gives along. */
  build(setup: AppSetup): (request: Request, env?: unknown, context?: unknown) => Response | Promise<Response>
}

/** It, served by Node and in memory. */
export function onNode(app: FetchApp): Harness {
  return {
    ...app,
    inMemory: true,
    start(setup) {
      const respond = app.build(setup)
      return new Promise((resolve) => {
        const server = serve({ fetch: (request) => respond(request), port: 0, hostname: '127.0.0.1' }, () =>
          resolve({
            port: portOf(server),
            close: () => new Promise((closed) => (server as Server).close(() => closed())),
            async inMemory({ method, path, headers, body }) {
              const hasBody = method !== 'GET' && method !== 'HEAD'
              const request = new Request(`http://localhost${path}`, {
                method,
                headers,
                body: hasBody ? Buffer.from(body) : null,
              })
              const reply = await respond(request)
              return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.text() }
            },
          }),
        )
      })
    },
  }
}
