import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type AppSetup, closeAll, type Harness, portOf, type Traits } from './app/harness.ts'

/** An app of a framework on `Request` and `Response`; the runtime's own server serves it. */
export interface FetchApp extends Traits {
  /** Responds to a request. `env` and `context` are what Workers gives along; `@hono/node-server` gives Node's own request as `env`. */
  build(setup: AppSetup): (request: Request, env?: unknown, context?: unknown) => Response | Promise<Response>
  /**
   * How Node serves it. Default: `@hono/node-server`, which puts a `Response` of its own in the global's place: a framework
   * that has one too needs its own server.
   */
  readonly listener?: (respond: (request: Request, env?: unknown) => Response | Promise<Response>) => RequestListener
}

/** The harness of such an app, served by Node and in memory. */
export function onNode(app: FetchApp): Harness {
  return {
    ...app,
    inMemory: true,
    start(setup) {
      const respond = app.build(setup)
      const { listener = getRequestListener } = app
      return new Promise((resolve) => {
        const server = createServer(listener(respond)).listen(0, '127.0.0.1', () =>
          resolve({
            port: portOf(server),
            // On Node 20.19.0 h3's server leaves a connection open after the tests on a bare socket.
            close: () => closeAll(server),
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
