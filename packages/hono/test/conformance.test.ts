import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  conformance,
  portOf,
  type RunningApp,
  routeAnswer,
} from '@pingerchips/conformance'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { Hono as HonoFloor } from 'hono-floor'
import { type PingerchipsEnv, pingerchips } from '../src/index.ts'

for (const [name, framework] of [
  ['Hono 4', Hono],
  // Its types are another package's: to these tests it is the same.
  ['Hono 4.6.0', HonoFloor as unknown as typeof Hono],
] as const)
  conformance({ name, inMemory: true, keepsRawBody: true, start: (setup) => start(framework, setup) })

async function start(framework: typeof Hono, setup: AppSetup): Promise<RunningApp> {
  const app = new framework<PingerchipsEnv>()
  app.onError((error, c) => {
    setup.report(error)
    return c.json(appFailed, error instanceof HTTPException ? error.status : 500)
  })
  app.notFound((c) => (c.req.method === 'OPTIONS' ? c.body(null, 204) : c.json(appHasNoRoute, 404)))
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(setup.headers)) c.header(name, value)
    await next()
  })
  for (const parser of parsers[setup.parser]) app.use(parser)
  const pinger = pingerchips(setup.options<Context>((c, header) => c.req.header(header)))
  if (setup.prefix === '') app.use(pinger)
  else app.route(setup.prefix, new framework().use(pinger))
  for (const [path, act] of Object.entries(setup.routes))
    app.post(path, async (c) => {
      await act(c.var.pingerchips)
      return c.json(routeAnswer)
    })
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () =>
      resolve({
        port: portOf(server),
        close: () => new Promise((closed) => (server as Server).close(() => closed())),
        async inMemory({ method, path, headers, body }) {
          const hasBody = method !== 'GET' && method !== 'HEAD'
          const reply = await app.request(path, { method, headers, body: hasBody ? Buffer.from(body) : null })
          return { status: reply.status, headers: Object.fromEntries(reply.headers), body: await reply.text() }
        },
      }),
    )
  })
}

/** Hono has no parsers that stand in front: this is middleware of the app's that reads the body first. */
function reading(type: RegExp, read: (c: Parameters<MiddlewareHandler>[0]) => Promise<unknown>): MiddlewareHandler {
  return async (c, next) => {
    if (type.test(c.req.header('content-type') ?? ''))
      await read(c).catch(() => {
        throw new HTTPException(400)
      })
    await next()
  }
}

const limit = bodyLimit({
  maxSize: 100_000,
  onError: () => {
    throw new HTTPException(413)
  },
})
const json = reading(/^application\/json *(;|$)/i, async (c) => (await c.req.text()) && c.req.json())
const form = reading(/^application\/x-www-form-urlencoded/i, (c) => c.req.parseBody())

const parsers: Record<AppSetup['parser'], MiddlewareHandler[]> = {
  none: [],
  json: [json],
  form: [limit, form],
  both: [limit, json, form],
  raw: [limit, reading(/./, (c) => c.req.arrayBuffer())],
  text: [limit, reading(/./, (c) => c.req.text())],
  drained: [reading(/./, (c) => c.req.raw.text())],
}
