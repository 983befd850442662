import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  portOf,
  type RunningApp,
  routeResponse,
} from '@pingerchips/conformance/app'
import type { AuthEndpointOptions, RequestClient } from '@pingerchips/core/adapter'

interface Context {
  readonly request: Request
  readonly locals: { pingerchips: RequestClient }
}

export type FetchAdapter = <User>(
  options: AuthEndpointOptions<Context, User>,
) => (context: Context, next: () => Promise<Response>) => Promise<Response>

/** The smallest framework on `Request` and `Response` in which the conformance suite can run. */
export function startFetch(pingerchips: FetchAdapter): (setup: AppSetup) => Promise<RunningApp> {
  return (setup) => {
    const pinger = pingerchips(setup.options(({ request }, name) => request.headers.get(name) ?? undefined))
    const respond = async (request: Request): Promise<Response> => {
      if (setup.parser === 'drained') await request.text()
      const context = { request: below(setup.prefix, request), locals: {} as Context['locals'] }
      if (context.request === undefined) return appRoutes(request, context.locals)
      return pinger(context as Context, () => appRoutes(request, context.locals))
    }
    const appRoutes = async ({ method, url }: Request, { pingerchips }: Context['locals']): Promise<Response> => {
      if (method === 'OPTIONS') return new Response(null, { status: 204 })
      const act = setup.routes[new URL(url).pathname]
      if (act === undefined) return Response.json(appHasNoRoute, { status: 404 })
      await act(pingerchips)
      return Response.json(routeResponse)
    }
    const fetch = async (request: Request): Promise<Response> => {
      const response = await respond(request).catch((error) => {
        setup.report(error)
        return Response.json(appFailed, { status: 500 })
      })
      for (const [name, value] of Object.entries(setup.headers)) response.headers.set(name, value)
      return response
    }
    return new Promise((resolve) => {
      const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, () =>
        resolve({
          port: portOf(server),
          close: () => new Promise((closed) => (server as Server).close(() => closed())),
        }),
      )
    })
  }
}

/** The request as it is below a mount; `undefined` where it is not below it. */
function below(prefix: string, request: Request): Request | undefined {
  const { pathname } = new URL(request.url)
  if (prefix === '') return request
  if (!pathname.startsWith(`${prefix}/`)) return undefined
  const rest = request.url.replace(prefix, '')
  // As a view: to make a Request of a Request would read its body.
  return new Proxy(request, {
    get(target, property) {
      if (property === 'url') return rest
      const value = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
