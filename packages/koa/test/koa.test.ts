import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import Koa from 'koa'
import Koa2 from 'koa2'
import { afterEach, describe, expect, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const other = new PingerchipsServer('4', 'secret', { appKey: 'other' })
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
async function serve(app: Koa): Promise<string> {
  server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}`
}

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('%s', (_name, Framework) => {
  test("a body that a platform has read and left on Node's request is used", async () => {
    const app = new Framework()
    app.use(async ({ req }, next) => {
      for await (const _ of req);
      Object.assign(req, { body: JSON.parse(join.body) })
      await next()
    })
    app.use(pingerchips({ client, authorize: () => true }))
    expect((await fetch(`${await serve(app)}/pingerchips/auth`, join)).status).toBe(200)
  })

  test('two clients in one app, each by its name', async () => {
    const app = new Framework()
    app.use(pingerchips({ client, authorize: () => true }))
    app.use(pingerchips({ client: other, property: 'chat', path: '/chat/auth', authorize: () => true }))
    app.use(async (ctx) => {
      ctx.body = [ctx.pingerchips.client === client, ctx.chat.client === other]
    })
    const url = await serve(app)
    expect(await (await fetch(url)).json()).toEqual([true, true])
    expect(await (await fetch(`${url}/chat/auth`, join)).json()).toEqual({ auth: expect.stringMatching(/^other:/) })
  })

  test('a client that leaves while an earlier middleware waits leaves no handler behind', async () => {
    const app = new Framework()
    app.silent = true
    let entered: () => void = () => {}
    let left: () => void = () => {}
    const [inside, outside] = [
      new Promise<void>((resolve) => (entered = resolve)),
      new Promise<void>((resolve) => (left = resolve)),
    ]
    app.use(async (ctx, next) => {
      entered()
      await new Promise((resolve) => ctx.req.on('close', resolve))
      await next().finally(left)
    })
    app.use(pingerchips({ client, authorize: () => true }))
    const { port } = new URL(await serve(app))
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      'POST /pingerchips/auth HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
    )
    await inside
    socket.destroy()
    await outside
  })

  test('nothing behind the endpoint runs for its requests', async () => {
    const app = new Framework()
    let ran = false
    app.use(pingerchips({ client, authorize: () => false }))
    app.use(async () => {
      ran = true
    })
    const response = await fetch(`${await serve(app)}/pingerchips/auth`, join)
    expect([response.status, await response.json(), ran]).toEqual([403, { error: 'Access denied' }, false])
  })
})
