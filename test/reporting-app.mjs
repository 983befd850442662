// An app with nothing but the variables PINGERCHIPS_…, for test/reported-decisions.test.ts and test/webhooks-apps.test.ts:
// `node reporting-app.mjs FRAMEWORK`. POST /login starts a session with a cookie. Each webhook event is printed.
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { channelRules } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forH3 } from '@pingerchips/h3'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { H3, toNodeHandler } from 'h3'
import { Hono } from 'hono'
import Koa from 'koa'

const [, , framework = '', port = '0'] = process.argv

const options = (cookieOf) => ({
  user: (request) => (cookieOf(request)?.includes('session=ada') ? { id: 'ada' } : null),
  authorize: channelRules()({
    'private-user-{id}': ({ user, params }) => params.id === user.id,
    'presence-room': () => true,
  }),
  webhooks: {
    handler: (events) => {
      for (const event of events) console.log(`webhook ${JSON.stringify(event)}`)
    },
  },
})
/** Whether the body is read as by a parser that keeps nothing of it. */
const isRead = (url) => url.endsWith('/pingerchips/auth?read')
const ofNode = (request) => request.headers.cookie

const apps = {
  express() {
    const app = express()
    app.use(forExpress(options(ofNode)))
    // Errors stay out of the output of the tests.
    app.use((_error, _request, response, _next) => response.status(500).end())
    return app
  },
  async fastify() {
    const app = Fastify()
    app.register(forFastify, options(ofNode))
    await app.ready()
    return app.routing
  },
  hono() {
    const app = new Hono()
    app.use(async (c, next) => {
      if (isRead(c.req.url)) await c.req.raw.text()
      await next()
    })
    app.use(forHono(options((c) => c.req.header('cookie'))))
    app.onError((_error, c) => c.text('', 500))
    return getRequestListener(app.fetch)
  },
  koa() {
    const app = new Koa()
    app.silent = true
    app.use(forKoa(options((ctx) => ctx.get('cookie'))))
    return app.callback()
  },
  h3() {
    const app = new H3({ silent: true })
    app.use(async (event) => {
      if (isRead(event.req.url)) await event.req.text()
    })
    app.use(forH3(options((event) => event.req.headers.get('cookie'))))
    return toNodeHandler(app)
  },
  nodeHandler() {
    const handler = nodeHandler({ ...options(ofNode), onError() {} })
    return (request, response) => {
      if (request.url.startsWith('/pingerchips/')) handler(request, response)
      else response.writeHead(404).end()
    }
  },
  fetchHandler() {
    const handler = fetchHandler({ ...options(({ headers }) => headers.get('cookie')), onError() {} })
    return getRequestListener(async (request) => {
      if (isRead(request.url)) await request.text()
      return new URL(request.url).pathname.startsWith('/pingerchips/')
        ? handler(request)
        : new Response('', { status: 404 })
    })
  },
}

const isFetchBased = ['hono', 'h3', 'fetchHandler'].includes(framework)
const listener = await apps[framework]()
const server = createServer((request, response) => {
  const { origin } = request.headers
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('access-control-allow-headers', 'content-type')
  }
  if (request.method === 'OPTIONS') return response.writeHead(204).end()
  if (request.url === '/login')
    return response.writeHead(204, { 'set-cookie': 'session=ada; Path=/; HttpOnly; SameSite=Lax' }).end()
  if (isRead(request.url) && !isFetchBased) return request.resume().on('end', () => listener(request, response))
  return listener(request, response)
})
server.listen(Number(port), '127.0.0.1', () => console.log(`port ${server.address().port};`))
