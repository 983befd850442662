import formbody from '@fastify/formbody'
import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  type Harness,
  portOf,
  type RunningApp,
  routeResponse,
} from '@pingerchips/conformance/app'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type PingerchipsContext, pingerchips } from '../src/index.ts'

export const harnesses: readonly Harness[] = [harness('Fastify 5', Fastify)]

export function harness(name: string, framework: typeof Fastify): Harness {
  return { name, isolated: true, inMemory: true, start: (setup) => start(framework, setup) }
}

async function start(framework: typeof Fastify, setup: AppSetup): Promise<RunningApp> {
  const app = framework()
  parsers[setup.parser](app)
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(setup.headers)
  })
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    setup.report(error)
    return reply.code(error.statusCode ?? 500).send(appFailed)
  })
  app.setNotFoundHandler((request, reply) =>
    request.method === 'OPTIONS' ? reply.code(204).send() : reply.code(404).send(appHasNoRoute),
  )
  app.register(pingerchips, {
    prefix: setup.prefix,
    ...setup.options<FastifyRequest, PingerchipsContext>(
      (request, header) => request.headers[header]?.toString(),
      (_request, { reply }) => reply,
    ),
  })
  for (const [path, act] of Object.entries(setup.routes))
    app.post(path, async (request) => {
      await act(request.pingerchips)
      return routeResponse
    })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    port: portOf(app.server),
    close: () => app.close(),
    async inMemory({ method, path, headers, body }) {
      const reply = await app.inject({ method: method as 'POST', url: path, headers, payload: Buffer.from(body) })
      return { status: reply.statusCode, headers: reply.headers as Record<string, string>, body: reply.body }
    },
  }
}

const parsers: Record<AppSetup['parser'], (app: FastifyInstance) => void> = {
  none: (app) => app.removeAllContentTypeParsers(),
  json: () => {},
  form: (app) => {
    app.removeContentTypeParser('application/json')
    app.register(formbody)
  },
  both: (app) => app.register(formbody),
  drained: (app) => app.removeAllContentTypeParsers(),
  raw: (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  },
  text: (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  },
}
