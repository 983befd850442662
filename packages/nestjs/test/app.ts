import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ArgumentsHost, INestApplication } from '@nestjs/common'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  type Harness,
  type Parser,
  routeResponse,
} from '@pingerchips/conformance/app'
import { headerOf, MountedEndpoint, type RequestClient } from '@pingerchips/core/adapter'
import { type Nest, type Platform, serve } from './nest.ts'

type NodeRequest = IncomingMessage & { readonly raw?: IncomingMessage }
type Form = 'module' | 'middleware'

/** The suite's app in NestJS, with the endpoint as a module or as a middleware. */
export function harness(nest: Nest, platform: Platform, form: Form): Harness {
  // Nest always adds both parsers on Fastify, which run after every middleware.
  const isFastify = platform === 'Fastify'
  return {
    name: `NestJS ${nest.version} on ${platform}, as a ${form}`,
    parsers: isFastify ? ['both'] : ['none', 'json', 'form', 'both', 'raw', 'text'],
    isolated: isFastify && form === 'middleware',
    readsBodies: isFastify && form === 'module',
    keepsRawBody: true,
    start: async (setup) => {
      const { port, app } = await serve(
        nest,
        platform,
        modules(nest, setup, form),
        (app) => prepare(nest, app, setup),
        {
          bodyParser: isFastify,
          rawBody: true,
        },
      )
      return { port, close: () => app.close() }
    },
  }
}

function modules(nest: Nest, setup: AppSetup, form: Form) {
  const options = setup.options<NodeRequest>((request, name) => headerOf(request.raw ?? request, name))
  const endpoint = new MountedEndpoint(options)
  const clientOf = (request: NodeRequest) =>
    endpoint.requestClient(request, { header: (name) => headerOf(request.raw ?? request, name) })
  const controllers = Object.entries(setup.routes).map(([path, act]) =>
    routeOf(nest, path, (req) => act(clientOf(req))),
  )
  if (form === 'middleware')
    return {
      controllers,
      configure: (consumer: import('@nestjs/common').MiddlewareConsumer) => {
        const path = `${setup.prefix}${options.path ?? '/pingerchips/auth'}`
        consumer.apply(nest.pingerchips.pingerchips({ ...options, path })).forRoutes('*')
      },
    }
  const module = nest.pingerchips.PingerchipsModule.forRoot(options as never)
  return { controllers, imports: [module] }
}

function routeOf({ common }: Nest, path: string, act: (request: NodeRequest) => void | Promise<void>) {
  class RouteController {
    async act(request: NodeRequest) {
      await act(request)
      return routeResponse
    }
  }
  const { prototype } = RouteController
  common.Req()(prototype, 'act', 0)
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'act') as TypedPropertyDescriptor<unknown>
  common.Post()(prototype, 'act', descriptor)
  common.HttpCode(200)(prototype, 'act', descriptor)
  common.Controller(path)(RouteController)
  return RouteController
}

async function prepare({ common, version }: Nest, app: INestApplication, setup: AppSetup): Promise<void> {
  app.use((_req: unknown, res: ServerResponse, next: () => void) => {
    for (const [name, value] of Object.entries(setup.headers)) res.setHeader(name, value)
    next()
  })
  const parsers: Record<Parser, readonly [type: string, options?: object][]> = {
    none: [],
    json: [['json']],
    form: [['urlencoded', { extended: true }]],
    both: [['json'], ['urlencoded', { extended: true }]],
    raw: [['raw', { type: '*/*' }]],
    text: [['text', { type: '*/*' }]],
    drained: [],
  }
  const parsing = app as unknown as { useBodyParser(type: string, options?: object): void }
  if (app.getHttpAdapter().getType() === 'express')
    for (const parser of parsers[setup.parser]) parsing.useBodyParser(...parser)
  if (setup.parser === 'drained')
    app.use((req: IncomingMessage, _res: unknown, next: () => void) => void req.resume().on('end', () => next()))
  if (setup.prefix !== '')
    app.setGlobalPrefix(setup.prefix, { exclude: Object.keys(setup.routes).map((path) => path.slice(1)) })
  const filter = {
    catch(error: { status?: number; statusCode?: number }, host: ArgumentsHost) {
      const http = host.switchToHttp()
      const reply = (body: unknown, status: number) => app.getHttpAdapter().reply(http.getResponse(), body, status)
      const isMissing = error instanceof common.NotFoundException
      if (isMissing && http.getRequest().method === 'OPTIONS') return reply(undefined, 204)
      if (isMissing) return reply(appHasNoRoute, 404)
      setup.report(error)
      reply(appFailed, error.status ?? error.statusCode ?? 500)
    },
  }
  common.Catch()(filter.constructor)
  app.useGlobalFilters(filter)
  const server = app.getHttpAdapter().getInstance()
  if (version === 10 && app.getHttpAdapter().getType() === 'fastify')
    // Fastify 4 refuses this spelling by itself.
    server.addHook('onRequest', (request: IncomingMessage, _reply: unknown, done: () => void) => {
      if (request.headers['content-type'] === 'application/json;') request.headers['content-type'] = 'application/json'
      done()
    })
  await app.init()
  if (app.getHttpAdapter().getType() === 'express')
    // NestJS 12 leaves paths outside of its global prefix to Express.
    server.use((req: IncomingMessage, res: ServerResponse) => {
      res.statusCode = req.method === 'OPTIONS' ? 204 : 404
      res.end(req.method === 'OPTIONS' ? undefined : JSON.stringify(appHasNoRoute))
    })
}

export type { RequestClient }
