import { once } from 'node:events'
import type { Server } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import express, { type ErrorRequestHandler, type Express } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { oddPaths } from '../../core/test/odd-paths.ts'
import { pingerchips } from '../src/index.ts'

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
async function serve(app: Express): Promise<string> {
  app.use(((error, _req, res, _next) => {
    res.status(500).json(error.message)
  }) satisfies ErrorRequestHandler)
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}`
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_name, framework) => {
  const everything = framework === express ? '*all' : '*'
  test.each<[string, (app: Express) => void, string]>([
    [
      'below its own path',
      (app) => app.use('/pingerchips/auth', pingerchips({ client, authorize })),
      '/pingerchips/auth',
    ],
    [
      'below its own path and a prefix',
      (app) => app.use('/v1', framework.Router().use('/pingerchips/auth', pingerchips({ client, authorize }))),
      '/v1/pingerchips/auth',
    ],
    ['below everything', (app) => app.use(everything, pingerchips({ client, authorize })), '/pingerchips/auth'],
    ['as a route', (app) => app.post('/pingerchips/auth', pingerchips({ client, authorize })), '/pingerchips/auth'],
    [
      'as every method of a route',
      (app) => app.all('/pingerchips/auth', pingerchips({ client, authorize })),
      '/pingerchips/auth',
    ],
  ])('mounted %s', async (_mount, mount, path) => {
    const app = framework()
    mount(app)
    const url = await serve(app)
    const response = await fetch(url + path, join)
    expect([response.status, await response.json()]).toEqual([200, client.authenticate('1.1', 'private-a')])
    expect((await fetch(`${url}${path}/x`, join)).status).toBe(404)
    expect((await fetch(`${url}/`, join)).status).toBe(404)
  })

  test.each(oddPaths)('%s is not the endpoint', async (path) => {
    expect((await fetch((await serve(framework().use(pingerchips({ client, authorize })))) + path, join)).status).toBe(
      404,
    )
  })

  test('a second mount under one property is an error, and the first client is not replaced', async () => {
    const app = framework().use(pingerchips({ client, authorize }))
    app.use(pingerchips({ client: other, authorize, path: '/chat/auth' }))
    app.get('/', (_req, res) => void res.json('reached'))
    const response = await fetch(await serve(app))
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.stringMatching(/^options\.property is 'pingerchips'/),
    ])
  })

  test('as the handler of another path it says on its first request that it is never reached', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const app = framework().use(pingerchips({ client, authorize }))
    app.post('/auth', pingerchips({ client, authorize, property: 'chat' }))
    app.post('/:any', pingerchips({ client, authorize, property: 'any' }))
    const url = await serve(app)
    for (let n = 0; n < 2; n++) expect((await fetch(`${url}/auth`, join)).status).toBe(404)
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/is the handler of \/auth, .* never reached/)]])
    warn.mockRestore()
  })

  test('behind or before the route of another handler it is reached, and no warning says otherwise', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const app = framework().post('/notify', (_req, _res, next) => next())
    app.use(pingerchips({ client, authorize }))
    app.post('/notify', (_req, res) => void res.json('sent'))
    expect((await fetch(`${await serve(app)}/notify`, join)).status).toBe(200)
    expect(warn.mock.calls).toEqual([])
    warn.mockRestore()
  })

  test('what other middleware has put there is not replaced', async () => {
    const app = framework().use((req, _res, next) => {
      Object.assign(req, { chat: { room: 1 } })
      next()
    })
    app.use(pingerchips({ client, authorize, property: 'chat' }))
    const response = await fetch(await serve(app))
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.stringMatching(/^options\.property is 'chat'/),
    ])
  })

  test('one middleware in two routers that a request passes, and two apps in one process', async () => {
    const middleware = pingerchips({ client, authorize })
    const inner = framework().use(pingerchips({ client: other, authorize }))
    const app = framework().use(middleware).use(framework.Router().use(middleware))
    app.get('/', (req, res) => void res.json(req.pingerchips.client === client))
    const url = await serve(app)
    expect(await (await fetch(url)).json()).toBe(true)
    expect(await (await fetch(`${url}/pingerchips/auth`, join)).json()).toEqual(client.authenticate('1.1', 'private-a'))
    server.closeAllConnections()
    server.close()
    expect(await (await fetch(`${await serve(inner)}/pingerchips/auth`, join)).json()).toEqual(
      other.authenticate('1.1', 'private-a'),
    )
  })
})
