import { createServer } from 'node:http'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  type Harness,
  portOf,
  routeResponse,
} from '@pingerchips/conformance/app'
import type { FetchApp } from '@pingerchips/conformance/fetch'
import type { H3Event } from 'h3'
import * as h3v1 from 'h3v1'
import { pingerchips } from '../src/index.ts'
import { fetchApps } from './app.ts'

export const harnesses: readonly Harness[] = [harness('h3 1', h3v1)]

export function harness(name: string, framework: typeof h3v1): Harness {
  return {
    name,
    keepsRawBody: true,
    start(setup) {
      const server = createServer(framework.toNodeListener(build(framework, setup)))
      return new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () =>
          resolve({ port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) }),
        )
      })
    },
  }
}

/** h3 1 as a function of the request, where it keeps nothing of a body but what `readBody` has made of it. */
export function fetchAppV1(name: string, framework: typeof h3v1): FetchApp {
  return {
    ...fetchApps[0],
    name,
    build(setup) {
      const respond = framework.toWebHandler(build(framework, setup))
      // It rejects with what `Headers` refuses, and Node 20.19.0 lets such names through: its server is to answer for that.
      return (request) => respond(request).catch(() => new Response(null, { status: 400 }))
    },
  }
}

function build(framework: typeof h3v1, setup: AppSetup): h3v1.App {
  const { createApp, eventHandler } = framework
  const app = createApp({
    onError(error, event) {
      framework.setResponseStatus(event, error.statusCode)
      return framework.send(event, JSON.stringify(appFailed), 'application/json')
    },
  })
  // Before h3 1 puts the cause of an error in the error's place, for its own `onError`.
  const { handler } = app
  app.handler = eventHandler((event) =>
    Promise.resolve(handler(event)).catch((error) => {
      setup.report(error)
      throw error
    }),
  )
  app.use(eventHandler((event) => framework.setResponseHeaders(event, setup.headers)))
  for (const parser of parsers(framework)[setup.parser]) app.use(parser)
  // To the compiler the adapter has the types of the h3 that is installed: here that is 2.
  const pinger = pingerchips(
    setup.options<H3Event>(({ headers }, header) => headers.get(header) ?? undefined),
  ) as unknown as h3v1.EventHandler
  if (setup.prefix === '') app.use(pinger)
  else app.use(setup.prefix, pinger)
  for (const [path, act] of Object.entries(setup.routes))
    app.use(
      path,
      eventHandler(async ({ context }) => {
        await act(context.pingerchips)
        return routeResponse
      }),
    )
  app.use(
    eventHandler((event) => {
      framework.setResponseStatus(event, event.method === 'OPTIONS' ? 204 : 404)
      return event.method === 'OPTIONS' ? null : appHasNoRoute
    }),
  )
  return app
}

/** h3 1 has no parsers that stand in front: this is middleware of the app's that reads the body first. */
function parsers(framework: typeof h3v1): Record<AppSetup['parser'], h3v1.EventHandler[]> {
  const { createError, eventHandler, readBody, readRawBody } = framework
  const reading = (type: RegExp, read: (event: h3v1.H3Event) => Promise<unknown>) =>
    eventHandler(async (event) => {
      if (event.method !== 'POST' || !type.test(event.headers.get('content-type') ?? '')) return
      await read(event)
      // It has no limit of its own.
      const { length } = (await readRawBody(event, false)) ?? ''
      if (length > 100_000) throw createError({ status: 413 })
    })
  const json = reading(/^application\/json *(;|$)/i, (event) => readBody(event, { strict: true }))
  const form = reading(/^application\/x-www-form-urlencoded/i, (event) => readBody(event))
  return {
    none: [],
    json: [json],
    form: [form],
    both: [json, form],
    raw: [reading(/./, (event) => readRawBody(event, false))],
    text: [reading(/./, (event) => readRawBody(event))],
    drained: [eventHandler(drain)],
  }
}

async function drain({ web, node }: h3v1.H3Event): Promise<void> {
  if (web?.request) await web.request.text()
  else for await (const _ of node.req);
}
