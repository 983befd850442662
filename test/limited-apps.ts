import type { IncomingMessage, RequestListener } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { PingerchipsServer, RateLimitOptions } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'

/** What a limit needs that is not of a framework. */
export type Limit = Pick<RateLimitOptions<unknown, unknown>, 'limiter' | 'onStoreError' | 'timeout'>

/** An app that knows a user by the header `x-user`, and limits how often one may ask. */
export interface LimitedApp {
  readonly name: string
  /** It has an option to trust a proxy. */
  readonly proxies: boolean
  listener(client: PingerchipsServer, limit: Limit, trustProxy: boolean): RequestListener | Promise<RequestListener>
}

const authorize = () => true

export const limitedApps: readonly LimitedApp[] = [
  {
    name: 'express',
    proxies: true,
    listener(client, limit, trustProxy) {
      const app = express()
      app.set('trust proxy', trustProxy)
      app.use(forExpress({ client, user: (req) => req.get('x-user'), authorize, rateLimit: limit }))
      return app
    },
  },
  {
    name: 'fastify',
    proxies: true,
    async listener(client, limit, trustProxy) {
      const app = Fastify({ trustProxy })
      app.register(forFastify, {
        client,
        user: (request) => request.headers['x-user']?.toString(),
        authorize,
        // Spread: to TypeScript an object without the optional options is no subtype, and it would take another overload.
        rateLimit: { ...limit },
      })
      await app.ready()
      return app.routing
    },
  },
  {
    name: 'koa',
    proxies: true,
    listener(client, limit, trustProxy) {
      const app = new Koa({ proxy: trustProxy })
      app.use(forKoa({ client, user: (ctx) => ctx.get('x-user'), authorize, rateLimit: limit }))
      return app.callback()
    },
  },
  {
    name: 'hono',
    proxies: false,
    listener(client, limit) {
      const app = new Hono()
      const address = (c: Parameters<typeof getConnInfo>[0]) => getConnInfo(c).remote.address
      app.use(forHono({ client, user: (c) => c.req.header('x-user'), authorize, rateLimit: { ...limit, address } }))
      return getRequestListener(app.fetch)
    },
  },
  {
    name: 'nodeHandler',
    proxies: false,
    listener: (client, limit) =>
      nodeHandler({
        client,
        user: (req: IncomingMessage) => req.headers['x-user']?.toString(),
        authorize,
        rateLimit: limit,
      }),
  },
  {
    name: 'fetchHandler',
    proxies: false,
    listener(client, limit) {
      const addresses = new WeakMap<Request, string | undefined>()
      const handler = fetchHandler({
        client,
        user: (request) => request.headers.get('x-user'),
        authorize,
        rateLimit: { ...limit, address: (request) => addresses.get(request) },
      })
      return getRequestListener((request, env) => {
        addresses.set(request, (env as HttpBindings).incoming.socket.remoteAddress)
        return handler(request)
      })
    },
  },
]
