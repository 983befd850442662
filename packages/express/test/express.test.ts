import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import express, { type Express } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
const join = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"socket_id":"1.1","channel_name":"private-a"}',
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
async function serve(app: Express): Promise<string> {
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}`
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_name, framework) => {
  test('matches the path as Express does, by its settings', async () => {
    const statuses = async (app: Express) => {
      app.use(pingerchips({ client, authorize: () => true }))
      const url = await serve(app)
      const paths = [
        '/pingerchips/auth',
        '/pingerchips/auth/',
        '/Pingerchips/AUTH',
        '/PINGERCHIPS/auth/',
        '/pingerchips/auth//',
      ]
      return Promise.all(paths.map(async (path) => (await fetch(url + path, join)).status))
    }
    expect(await statuses(framework())).toEqual([200, 200, 200, 200, 404])
    expect(await statuses(framework().enable('strict routing'))).toEqual([200, 404, 200, 404, 404])
    expect(await statuses(framework().enable('case sensitive routing'))).toEqual([200, 200, 404, 404, 404])
  })

  test('two clients in one app, each by its name', async () => {
    const app = framework()
    app.use(pingerchips({ client, authorize: () => true }))
    app.use(pingerchips({ client: other, property: 'chat', path: '/chat/auth', authorize: () => true }))
    app.get('/', (req, res) => {
      const { chat } = req as unknown as { chat: typeof req.pingerchips }
      res.json([req.pingerchips.client === client, chat.client === other])
    })
    const url = await serve(app)
    expect(await (await fetch(url)).json()).toEqual([true, true])
    expect(await (await fetch(`${url}/chat/auth`, join)).json()).toEqual({ auth: expect.stringMatching(/^other:/) })
    expect(await (await fetch(`${url}/pingerchips/auth`, join)).json()).toEqual({
      auth: expect.stringMatching(/^key:/),
    })
  })

  test('a webhook behind a parser that keeps its bytes, and one that does not', async () => {
    const body = `{ "time_ms": ${Date.now()}, "events": [] }`
    const headers = {
      'content-type': 'application/json',
      'x-pusher-key': 'key',
      'x-pusher-signature': createHmac('sha256', 'secret').update(body).digest('hex'),
    }
    const errors: unknown[] = []
    const status = async (parser: express.RequestHandler) => {
      const app = framework()
      app.use(parser)
      app.use(pingerchips({ client, authorize: () => true, webhooks: { handler() {} } }))
      app.use(((error, _req, res, _next) => {
        errors.push(error)
        res.status(500).end()
      }) satisfies express.ErrorRequestHandler)
      return (await fetch(`${await serve(app)}/pingerchips/webhooks`, { method: 'POST', headers, body })).status
    }
    const verify = (req: object, _res: unknown, rawBody: Buffer) => Object.assign(req, { rawBody })
    expect(await status(framework.json({ verify }))).toBe(200)
    expect(errors).toEqual([])
    expect(await status(framework.json())).toBe(500)
    expect(errors).toMatchObject([{ code: 'body_consumed', message: expect.stringContaining('express.json()') }])
  })

  test('a client for each request, by a function', async () => {
    const app = framework()
    app.use(pingerchips({ client: (req) => (req.get('x-tenant') === 'other' ? other : client), authorize: () => true }))
    const url = await serve(app)
    const tenant = async (name: string) =>
      (await fetch(`${url}/pingerchips/auth`, { ...join, headers: { ...join.headers, 'x-tenant': name } })).json()
    expect([await tenant('one'), await tenant('other')]).toEqual([
      { auth: expect.stringMatching(/^key:/) },
      { auth: expect.stringMatching(/^other:/) },
    ])
  })

  test("callbacks receive Express's response", async () => {
    const app = framework()
    const user = (_req: unknown, { response }: { response: express.Response }) => response.locals.user as string
    app.use((_req, res, next) => {
      res.locals.user = 'ada'
      next()
    })
    app.use(pingerchips({ client, user, authorize: ({ user }) => user === 'ada' }))
    expect((await fetch(`${await serve(app)}/pingerchips/auth`, join)).status).toBe(200)
  })

  test('an answer that came too late, after the app gave up on the request, is dropped', async () => {
    const app = framework()
    const errors: unknown[] = []
    app.use((_req, res, next) => {
      res.status(503).json({ error: 'busy' })
      next()
    })
    app.use(pingerchips({ client, authorize: () => true }))
    app.use(((error, _req, _res, next) => {
      errors.push(error)
      next()
    }) as express.ErrorRequestHandler)
    const response = await fetch(`${await serve(app)}/pingerchips/auth`, join)
    expect([response.status, errors]).toEqual([503, []])
  })
})
