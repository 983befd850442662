import { type AppSetup, appFailed, appHasNoRoute, routeResponse } from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'
import { type Context, type ExecutionContext, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { type PingerchipsEnv, pingerchips } from '../src/index.ts'

export const fetchApps: readonly [FetchApp] = [fetchApp('Hono 4', Hono)]

export function fetchApp(name: string, framework: typeof Hono): FetchApp {
  return { name, keepsRawBody: true, build: (setup) => build(framework, setup) }
}

function build(framework: typeof Hono, setup: AppSetup): ReturnType<FetchApp['build']> {
  const app = new framework<PingerchipsEnv>()
  app.onError((error, c) => {
    setup.report(error)
    return c.json(appFailed, error instanceof HTTPException ? error.status : 500)
  })
  const setHeaders = (c: Context) => {
    for (const [name, value] of Object.entries(setup.headers)) c.header(name, value)
  }
  app.notFound((c) => {
    // Hono 4.6 runs no middleware for a path with a line feed.
    setHeaders(c)
    return c.req.method === 'OPTIONS' ? c.body(null, 204) : c.json(appHasNoRoute, 404)
  })
  app.use(async (c, next) => {
    setHeaders(c)
    await next()
  })
  for (const parser of parsers[setup.parser]) app.use(parser)
  const pinger = pingerchips(
    setup.options<Context>(
      (c, header) => c.req.header(header),
      (c) => c.json({}, 401),
    ),
  )
  if (setup.prefix === '') app.use(pinger)
  else app.route(setup.prefix, new framework().use(pinger))
  for (const [path, act] of Object.entries(setup.routes))
    app.post(path, async (c) => {
      await act(c.var.pingerchips)
      return c.json(routeResponse)
    })
  return (request, env, context) =>
    app.fetch(request, env as object | undefined, context as ExecutionContext | undefined)
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
