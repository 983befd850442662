import { type AppSetup, appFailed, appHasNoRoute, routeResponse } from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'
import { H3, type H3Event, type Middleware, toNodeHandler } from 'h3'
import { pingerchips } from '../src/index.ts'

export const fetchApps: readonly [FetchApp] = [fetchApp('h3 2', H3)]

export function fetchApp(name: string, framework: typeof H3): FetchApp {
  return {
    name,
    // Of a body that middleware has read it keeps nothing.
    parsers: ['none'],
    build: (setup) => build(framework, setup),
    listener: (fetch) => toNodeHandler(Object.assign(new framework(), { fetch })),
  }
}

function build(framework: typeof H3, setup: AppSetup): ReturnType<FetchApp['build']> {
  const app = new framework({
    silent: true,
    onError(error, { res }) {
      setup.report(error.unhandled ? error.cause : error)
      res.status = error.status
      return appFailed
    },
  })
  app.use(({ res }) => {
    for (const [name, value] of Object.entries(setup.headers)) res.headers.set(name, value)
  })
  if (setup.parser === 'drained') app.use(drain)
  const pinger = pingerchips(
    setup.options<H3Event>(
      ({ req }, header) => req.headers.get(header) ?? undefined,
      (event) => event.res,
    ),
  )
  if (setup.prefix === '') app.use(pinger)
  else app.mount(setup.prefix, new framework().use(pinger))
  for (const [path, act] of Object.entries(setup.routes))
    app.post(path, async ({ context }) => {
      await act(context.pingerchips)
      return routeResponse
    })
  app.all('/**', ({ req, res }) => {
    res.status = req.method === 'OPTIONS' ? 204 : 404
    return req.method === 'OPTIONS' ? null : appHasNoRoute
  })
  return (request, env, context) => app.fetch(context === undefined ? request : fromWorkers(request, env, context))
}

/** What h3's own server for Workers puts on a request. */
function fromWorkers(request: Request, env: unknown, context: unknown): Request {
  const { waitUntil } = context as { waitUntil(promise: Promise<unknown>): void }
  const runtime = { name: 'cloudflare', cloudflare: { env, context } }
  return Object.assign<object, object>(request, { runtime, waitUntil: waitUntil.bind(context) }) as Request
}

const drain: Middleware = async ({ req }) => {
  await req.text()
}
