import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { bodyParser } from '@koa/bodyparser'
import { frameworks as table } from '@pingerchips/conformance/frameworks'
import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import Pusher from 'pusher'

export type Framework = 'express' | 'fastify' | 'hono' | 'koa'

/**
 * - `ours`: this library.
 * - `by hand`: a route in the same framework, with its JSON parser and the `pusher` package.
 * - `constant`: that route answering a constant instead of signing.
 */
export const variants = ['ours', 'by hand', 'constant'] as const
export type Variant = (typeof variants)[number]

const credentials = { appId: '3', key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' }
const client = new PingerchipsServer(credentials.appId, credentials.secret, { appKey: credentials.key })
const pusher = new Pusher({ ...credentials, host: '127.0.0.1' })
const path = '/pingerchips/auth'
const constant = pusher.authorizeChannel('1234.1234', 'private-user-alice')

interface Join {
  socket_id: string
  channel_name: string
}

/** The twenty lines that a user would write, but for the framework. */
function answerOf(variant: Variant): (user: string | undefined, join: Join) => unknown {
  const sign =
    variant === 'constant'
      ? () => constant
      : ({ socket_id, channel_name }: Join) => pusher.authorizeChannel(socket_id, channel_name)
  return (user, join) => (user && join.channel_name === `private-user-${user}` ? sign(join) : undefined)
}
const authorize = ({ channel, user }: { channel: string; user: string }) => channel === `private-user-${user}`

const make: Record<Framework, (variant: Variant) => RequestListener | Promise<RequestListener>> = {
  express(variant) {
    const app = express()
    if (variant === 'ours') return app.use(forExpress({ client, user: (req) => req.get('x-user'), authorize }))
    const answer = answerOf(variant)
    return app.post(path, express.json(), (req, res) => {
      const auth = answer(req.get('x-user'), req.body as Join)
      if (auth === undefined) res.status(403).json({ error: 'Access denied' })
      else res.json(auth)
    })
  },

  async fastify(variant) {
    const app = Fastify()
    if (variant === 'ours')
      app.register(forFastify, {
        client,
        user: (request) => request.headers['x-user'] as string | undefined,
        authorize,
      })
    else {
      const answer = answerOf(variant)
      app.post<{ Body: Join }>(path, async (request, reply) => {
        const auth = answer(request.headers['x-user'] as string | undefined, request.body)
        return auth ?? reply.code(403).send({ error: 'Access denied' })
      })
    }
    await app.ready()
    return app.routing
  },

  hono(variant) {
    const app = new Hono()
    if (variant === 'ours') app.use(forHono({ client, user: (c) => c.req.header('x-user'), authorize }))
    else {
      const answer = answerOf(variant)
      app.post(path, async (c) => {
        const auth = answer(c.req.header('x-user'), await c.req.json())
        return auth ? c.json(auth) : c.json({ error: 'Access denied' }, 403)
      })
    }
    return getRequestListener(app.fetch)
  },

  koa(variant) {
    const app = new Koa()
    if (variant === 'ours') app.use(forKoa({ client, user: (ctx) => ctx.get('x-user'), authorize }))
    else {
      const answer = answerOf(variant)
      app.use(bodyParser({ enableTypes: ['json'] }))
      app.use(async (ctx) => {
        if (ctx.path !== path) return
        const auth = answer(ctx.get('x-user'), ctx.request.body as Join)
        if (auth === undefined) ctx.status = 403
        ctx.body = auth ?? { error: 'Access denied' }
      })
    }
    return app.callback()
  },
}

/** The frameworks of the project's table that have servers here. */
export const frameworks: readonly Framework[] = table
  .map(({ folder }) => folder)
  .filter((folder): folder is Framework => folder in make)

/** Serves one variant on a port that the system picks, tells the parent which, and on any message the CPU time so far. */
export async function serve(framework: Framework, variant: Variant): Promise<void> {
  const server = createServer(await make[framework](variant))
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.once('disconnect', () => process.exit())
}
