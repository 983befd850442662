import {
  type AppSetup,
  appFailed,
  appHasNoRoute,
  type Harness,
  portOf,
  type RunningApp,
  routeResponse,
} from '@pingerchips/conformance/app'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import express4 from 'express4'
import { pingerchips } from '../src/index.ts'

export const harnesses: readonly Harness[] = [harness('Express 5', express), harness('Express 4', express4)]

export function harness(name: string, framework: typeof express): Harness {
  return { name, start: (setup) => start(framework, setup) }
}

function start(framework: typeof express, setup: AppSetup): Promise<RunningApp> {
  const app = framework()
  app.use((_req, res, next) => {
    res.set(setup.headers)
    next()
  })
  const parsers = {
    none: [],
    json: [framework.json()],
    form: [framework.urlencoded({ extended: true })],
    both: [framework.json(), framework.urlencoded({ extended: true })],
    raw: [framework.raw({ type: '*/*' })],
    text: [framework.text({ type: '*/*' })],
    drained: [drain],
  }
  for (const parser of parsers[setup.parser]) app.use(parser)
  const mount = setup.prefix === '' ? app : framework.Router()
  mount.use(
    pingerchips(
      setup.options(
        (req, header) => req.get(header),
        (req) => req.res,
      ),
    ),
  )
  if (mount !== app) app.use(setup.prefix, mount)
  for (const [path, act] of Object.entries(setup.routes))
    app.post(path, (req, res, next) => {
      Promise.resolve(act(req.pingerchips)).then(() => res.json(routeResponse), next)
    })
  app.use((req, res) => {
    if (req.method === 'OPTIONS') res.status(204).end()
    else res.status(404).json(appHasNoRoute)
  })
  app.use(((error, _req, res, _next) => {
    setup.report(error)
    res.status(error.status ?? 500).json(appFailed)
  }) satisfies ErrorRequestHandler)
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () =>
      resolve({ port: portOf(server), close: () => new Promise((closed) => server.close(() => closed())) }),
    )
  })
}

const drain: RequestHandler = (req, _res, next) => {
  req.resume().on('end', () => next())
}
