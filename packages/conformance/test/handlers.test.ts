import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { serve } from '@hono/node-server'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { type AppSetup, appFailed, conformance, portOf, type RunningApp } from '../src/index.ts'

conformance({ name: 'nodeHandler', parsers: ['none', 'raw'], bare: true, start: startNode })

conformance({
  name: 'fetchHandler',
  parsers: ['none'],
  bare: true,
  inMemory: true,
  failed: { error: 'Internal server error' },
  start: startFetch,
})

function startNode(setup: AppSetup): Promise<RunningApp> {
  const handler = nodeHandler(setup.options<IncomingMessage>((req, name) => req.headers[name]?.toString()))
  return listen(async (req, res) => {
    if (setup.parser === 'drained') for await (const _ of req);
    if (setup.parser === 'raw') {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      if (body.length > 100_000) {
        setup.report(new Error('too large for the parser'))
        res.writeHead(413).end(JSON.stringify(appFailed))
        return
      }
      Object.assign(req, { body })
    }
    await handler(req, res, (error) => {
      setup.report(error)
      res.writeHead(500).end(JSON.stringify(appFailed))
    })
  })
}

function startFetch(setup: AppSetup): Promise<RunningApp> {
  const handler = fetchHandler({
    ...setup.options<Request>((request, name) => request.headers.get(name) ?? undefined),
    onError: setup.report,
  })
  const respond = async (request: Request) => {
    if (setup.parser === 'drained' && request.body) await request.text()
    return handler(request)
  }
  return new Promise((resolve) => {
    const server = serve({ fetch: respond, port: 0, hostname: '127.0.0.1' }, () =>
      resolve({
        ...running(server as Server),
        async inMemory({ method, path, headers, body }) {
          const hasBody = method !== 'GET' && method !== 'HEAD'
          const request = new Request(`http://localhost${path}`, {
            method,
            headers,
            body: hasBody ? Buffer.from(body) : null,
          })
          const reply = await handler(request)
          return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.text() }
        },
      }),
    )
  })
}

function listen(listener: RequestListener): Promise<RunningApp> {
  return new Promise((resolve) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () => resolve(running(server)))
  })
}

function running(server: Server): RunningApp {
  return { port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) }
}
