import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import Router from '@koa/router'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import Koa, { type DefaultContext, type DefaultState, type Middleware } from 'koa'
import mount from 'koa-mount'
import { afterEach, expect, test, vi } from 'vitest'
import { oddPaths } from '../../core/test/odd-paths.ts'
import { type PingerchipsContext, pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
const authorize = () => true
const join = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"socket_id":"1.1","channel_name":"private-a"}',
}

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})
type PingerchipsMiddleware = Middleware<DefaultState, DefaultContext & PingerchipsContext>
async function serve(...middleware: PingerchipsMiddleware[]): Promise<string> {
  const app = new Koa<DefaultState, PingerchipsContext>()
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      ctx.status = 500
      ctx.body = JSON.stringify((error as Error).message)
    }
  })
  for (const each of middleware) app.use(each)
  server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}`
}

test.each([
  ['its own path', mount('/pingerchips/auth', pingerchips({ client, authorize })), '/pingerchips/auth'],
  ['a prefix', mount('/v1', pingerchips({ client, authorize })), '/v1/pingerchips/auth'],
  [
    'a prefix and its own path',
    mount('/v1/pingerchips/auth', pingerchips({ client, authorize })),
    '/v1/pingerchips/auth',
  ],
])('mounted below %s', async (_name, middleware, path) => {
  const url = await serve(middleware as PingerchipsMiddleware)
  const response = await fetch(url + path, join)
  expect([response.status, await response.json()]).toEqual([200, client.authenticate('1.1', 'private-a')])
  expect((await fetch(`${url}${path}/x`, join)).status).toBe(404)
  expect((await fetch(url, join)).status).toBe(404)
})

test.each(oddPaths)('%s is not the endpoint', async (path) => {
  expect((await fetch((await serve(pingerchips({ client, authorize }))) + path, join)).status).toBe(404)
})

test('a second mount under one property is an error', async () => {
  const url = await serve(
    pingerchips({ client, authorize }),
    pingerchips({ client: other, authorize, path: '/chat/auth' }),
  )
  const response = await fetch(url)
  expect([response.status, await response.json()]).toEqual([
    500,
    expect.stringMatching(/^options\.property is 'pingerchips'/),
  ])
})

test('as the handler of another route it says on its first request that it is never reached', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const router = new Router().post('/auth', pingerchips({ client, authorize }) as never)
  const url = await serve(router.routes() as unknown as PingerchipsMiddleware)
  for (let n = 0; n < 2; n++) expect((await fetch(`${url}/auth`, join)).status).toBe(404)
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/is the handler of \/auth, .* never reached/)]])
  warn.mockRestore()
})

test('behind a route that calls next() it is reached, and no warning says otherwise', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const router = new Router().post('/notify', (_ctx, next) => next())
  const url = await serve(
    router.routes() as unknown as PingerchipsMiddleware,
    pingerchips({ client, authorize }),
    (ctx) => {
      ctx.body = 'sent'
    },
  )
  expect((await fetch(`${url}/notify`, join)).status).toBe(200)
  expect(warn.mock.calls).toEqual([])
  warn.mockRestore()
})
