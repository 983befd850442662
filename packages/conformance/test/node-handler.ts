import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import { nodeHandler } from '@pingerchips/core/node'
import { type AppSetup, appFailed, type Harness, portOf, type RunningApp } from '../src/app.ts'

/** Next.js parses JSON and forms before a Pages API route; cloud functions leave the bytes or the text. */
const nodeApp: Harness = { name: 'nodeHandler', standalone: true, corpus: 'whole', start: startNode }

export const harnesses: readonly Harness[] = [nodeApp]

const json = /^application\/json *(;|$)/i
const form = /^application\/x-www-form-urlencoded/i
type Parse = (body: Buffer) => unknown
const asJson: Parse = (body) => JSON.parse(body.toString() || '{}')
const asForm: Parse = (body) => parseQuery(body.toString())

/** What each parser does with a type, if it does anything. */
const parsers: Partial<Record<AppSetup['parser'], (type: string) => Parse | undefined>> = {
  json: (type) => (json.test(type) ? asJson : undefined),
  form: (type) => (form.test(type) ? asForm : undefined),
  both: (type) => (json.test(type) ? asJson : form.test(type) ? asForm : undefined),
  raw: (type) => (type === '' ? undefined : (body) => body),
  text: (type) => (type === '' ? undefined : (body) => body.toString()),
}

function startNode(setup: AppSetup): Promise<RunningApp> {
  const { path: _path, ...options } = setup.options<IncomingMessage>((req, name) => req.headers[name]?.toString())
  const handler = nodeHandler(options)
  return listen(async (req, res) => {
    if (setup.parser === 'drained') for await (const _ of req);
    const parse = parsers[setup.parser]?.(req.headers['content-type'] ?? '')
    if (parse) {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      if (body.length > 100_000) {
        res.writeHead(413).end(JSON.stringify(appFailed))
        return
      }
      try {
        Object.assign(req, { body: parse(body) })
      } catch {
        res.writeHead(400).end(JSON.stringify(appFailed))
        return
      }
    }
    await handler(req, res, (error) => {
      setup.report(error)
      res.writeHead(500).end(JSON.stringify(appFailed))
    })
  })
}

function listen(listener: RequestListener): Promise<RunningApp> {
  return new Promise((resolve) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () =>
      resolve({ port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) }),
    )
  })
}
