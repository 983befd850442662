import type { RequestListener } from 'node:http'
import cookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fastifySession from '@fastify/session'
import { getRequestListener } from '@hono/node-server'
import koaCors from '@koa/cors'
import { type AuthorizeContext, deny, type PingerchipsServer } from '@pingerchips/core'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono, type PingerchipsEnv } from '@pingerchips/hono'
import { pingerchips as forKoa, type PingerchipsContext } from '@pingerchips/koa'
import expressCors from 'cors'
import express from 'express'
import expressSession from 'express-session'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { getSignedCookie, setSignedCookie } from 'hono/cookie'
import { cors as honoCors } from 'hono/cors'
import Koa, { type Context, type DefaultState } from 'koa'
import koaSession from 'koa-session'

declare module 'express-session' {
  interface SessionData {
    userId: string
  }
}
declare module 'fastify' {
  interface Session {
    userId?: string
  }
}

/** An app with a session, and with its framework's own CORS middleware for one origin, or without one. */
export interface CorsApp {
  readonly name: string
  listener(client: PingerchipsServer, origin: string | undefined): RequestListener | Promise<RequestListener>
}

const secret = 'for tests, 32 characters at the very least'
const unauthenticated = deny({ status: 401 })
const authorize = ({ channel, user }: AuthorizeContext<unknown, string>) => channel === `private-user-${user}`

/** Each logs 1 in on `POST /login`. */
export const corsApps: readonly CorsApp[] = [
  {
    name: 'express with cors and express-session',
    listener(client, origin) {
      const app = express()
      if (origin !== undefined) app.use(expressCors({ origin: [origin], credentials: true }))
      app.use(expressSession({ secret, resave: false, saveUninitialized: false }))
      app.use(forExpress({ client, user: (req) => req.session.userId ?? unauthenticated, authorize }))
      app.post('/login', (req, res) => {
        req.session.userId = '1'
        res.json({})
      })
      return app
    },
  },
  {
    name: 'fastify with @fastify/cors and @fastify/session',
    async listener(client, origin) {
      const app = Fastify()
      if (origin !== undefined) app.register(fastifyCors, { origin: [origin], credentials: true })
      app.register(cookie)
      app.register(fastifySession, { secret, cookie: { secure: false }, saveUninitialized: false })
      app.register(forFastify, { client, user: (request) => request.session.userId ?? unauthenticated, authorize })
      app.post('/login', async (request) => {
        request.session.userId = '1'
        return {}
      })
      await app.ready()
      return app.routing
    },
  },
  {
    name: 'hono with hono/cors and a signed cookie',
    listener(client, origin) {
      const app = new Hono<PingerchipsEnv>()
      if (origin !== undefined) app.use(honoCors({ origin: [origin], credentials: true }))
      app.use(
        forHono({
          client,
          user: async (c) => (await getSignedCookie(c, secret, 'user')) || unauthenticated,
          authorize,
        }),
      )
      app.post('/login', async (c) => {
        await setSignedCookie(c, 'user', '1', secret)
        return c.json({})
      })
      return getRequestListener(app.fetch)
    },
  },
  {
    name: 'koa with @koa/cors and koa-session',
    listener(client, origin) {
      const app = new Koa<DefaultState, Context & PingerchipsContext>()
      app.keys = [secret]
      const allow = (ctx: Context) => (ctx.get('origin') === origin ? origin : '')
      if (origin !== undefined) app.use(koaCors({ origin: allow, credentials: true }))
      app.use(koaSession(app))
      app.use(
        forKoa({
          client,
          user: (ctx: Context) => (ctx.session?.userId as string | undefined) ?? unauthenticated,
          authorize,
        }),
      )
      app.use(async (ctx) => {
        if (ctx.path !== '/login') return
        ctx.session = { userId: '1' }
        ctx.body = {}
      })
      return app.callback()
    },
  },
]
