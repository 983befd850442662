import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import { bodyParser } from '@koa/bodyparser'
import type { PingerchipsServer } from '@pingerchips/core'
import { type PingerchipsContext, pingerchips } from '@pingerchips/koa'
import Koa, { type Context, type DefaultState } from 'koa'
import session from 'koa-session'

type AppContext = Context & PingerchipsContext

// Set it: with a random one, all users are logged out when the app restarts.
const secret = process.env.SESSION_SECRET ?? randomUUID()

export function createApp(client: PingerchipsServer): Koa<DefaultState, AppContext> {
  const app = new Koa<DefaultState, AppContext>()
  app.keys = [secret]
  const isProduction = process.env.NODE_ENV === 'production'
  app.proxy = isProduction // the proxy that ends TLS: without it no Secure cookie is sent
  app.use(session({ sameSite: 'lax', secure: isProduction }, app)) // lax: other sites cannot send requests as the user

  app.use(
    pingerchips({
      client,
      user: (ctx) => users.get(ctx.session?.user as string),
      authorize: ({ channel, kind, user }) => {
        if (kind === 'presence')
          return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }
        return channel === `private-user-${user.id}`
      },
    }),
  )

  app.use(bodyParser())

  // Your app checks a password here.
  app.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== '/login') return next()
    const { name = '' } = (ctx.request.body ?? {}) as { name?: string }
    const user = users.get(name)
    if (user === undefined) return ctx.throw(401, 'No such user')
    ctx.session = { user: user.id } // a new session, whatever there was before the log-in
    ctx.body = user
  })

  app.use(async (ctx, next) => {
    if (ctx.method !== 'POST' || !ctx.path.startsWith('/notify/')) return next()
    const { text } = (ctx.request.body ?? {}) as { text?: string }
    const from = users.get(ctx.session?.user as string)
    const to = users.get(ctx.path.slice('/notify/'.length))
    if (from === undefined) return ctx.throw(401, 'Log in first')
    if (to === undefined) return ctx.throw(404, 'No such user')
    await ctx.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text })
    ctx.body = { success: true }
  })

  app.use(async (ctx) => {
    if (ctx.path === '/') {
      ctx.type = 'html'
      ctx.body = page('Koa')
    } else if (ctx.path === '/pusher.js') {
      ctx.type = 'js'
      ctx.body = pusherJs
    }
  })
  return app
}
