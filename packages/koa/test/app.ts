import { bodyParser } from '@koa/bodyparser'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  closeAll,
  type Harness,
  portOf,
  type RunningApp,
  routeResponse,
} from '@pingerchips/conformance/app'
import Koa, { type DefaultState, type Middleware, type ParameterizedContext } from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { type PingerchipsContext, pingerchips } from '../src/index.ts'

export const harnesses: readonly Harness[] = [harness('Koa 3', Koa), harness('Koa 2', Koa2)]

export function harness(name: string, framework: typeof Koa): Harness {
  return { name, keepsRawBody: true, start: (setup) => start(framework, setup) }
}

type App = Koa<DefaultState, PingerchipsContext>

function start(Framework: typeof Koa, setup: AppSetup): Promise<RunningApp> {
  const app: App = new Framework()
  // Koa prints an error for every client that leaves; these tests leave on purpose.
  app.silent = true
  app.use(async (ctx, next) => {
    ctx.set(setup.headers)
    try {
      await next()
    } catch (error) {
      setup.report(error)
      ctx.status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
      ctx.body = appFailed
    }
  })
  for (const parser of parsers[setup.parser]) app.use(parser)
  const pinger = pingerchips(
    setup.options<ParameterizedContext>(
      (ctx, header) => ctx.get(header) || undefined,
      (ctx) => ctx.response,
    ),
  )
  app.use(setup.prefix === '' ? pinger : mount(setup.prefix, pinger))
  app.use(async (ctx) => {
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204
    } else if (setup.routes[ctx.path] !== undefined) {
      await setup.routes[ctx.path]?.(ctx.pingerchips)
      ctx.body = routeResponse
    } else {
      ctx.status = 404
      ctx.body = appHasNoRoute
    }
  })
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () =>
      resolve({
        port: portOf(server),
        // co-body pauses a request that it refuses, and then its connection does not notice that the client has left.
        close: () => closeAll(server),
      }),
    )
  })
}

/** Koa has no parser for bytes of its own: this is what such middleware does. */
const raw: Middleware = async (ctx, next) => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of ctx.req) {
    size += chunk.length
    if (size <= 100_000) chunks.push(chunk)
  }
  if (size > 100_000) ctx.throw(413)
  Object.assign(ctx.request, { body: Buffer.concat(chunks) })
  await next()
}

const drain: Middleware = async (ctx, next) => {
  for await (const _ of ctx.req);
  await next()
}

const parsers: Record<AppSetup['parser'], Middleware[]> = {
  none: [],
  json: [bodyParser({ enableTypes: ['json'] })],
  form: [bodyParser({ enableTypes: ['form'] })],
  both: [bodyParser()],
  raw: [raw],
  text: [bodyParser({ enableTypes: ['text'], extendTypes: { text: ['*/*'] } })],
  drained: [drain],
}
