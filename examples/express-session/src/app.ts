import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import type { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express, { type Express } from 'express'
import session from 'express-session'

declare module 'express-session' {
  interface SessionData {
    user: { id: string; name: string }
  }
}

// Set it: with a random one, all users are logged out when the app restarts.
const secret = process.env.SESSION_SECRET ?? randomUUID()

export function createApp(client: PingerchipsServer): Express {
  const app = express()
  const isProduction = process.env.NODE_ENV === 'production'
  if (isProduction) app.set('trust proxy', 1) // the proxy that ends TLS: without it no Secure cookie is sent
  app.use(
    session({
      secret,
      cookie: { sameSite: 'lax', secure: isProduction }, // other sites cannot send requests as the user
      resave: false,
      saveUninitialized: false,
    }),
  )

  app.use(
    pingerchips({
      client,
      user: (req) => req.session.user,
      authorize: ({ channel, kind, user }) => {
        if (kind === 'presence')
          return channel === 'presence-lobby' && { user_id: user.id, user_info: { name: user.name } }
        return channel === `private-user-${user.id}`
      },
    }),
  )

  // Your app checks a password here.
  app.post('/login', express.json(), (req, res, next) => {
    const user = users.get(req.body?.name)
    if (user === undefined) return void res.status(401).json({ error: 'No such user' })
    // A new session id: an attacker may know the one from before the log-in.
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = user
      res.json(user)
    })
  })

  app.post('/notify/:id', express.json(), async (req, res) => {
    const from = req.session.user
    const to = users.get(req.params.id)
    if (from === undefined) return void res.status(401).json({ error: 'Log in first' })
    if (to === undefined) return void res.status(404).json({ error: 'No such user' })
    await req.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text: req.body?.text })
    res.json({ success: true })
  })

  app.get('/', (_req, res) => void res.type('html').send(page('Express')))
  app.get('/pusher.js', (_req, res) => void res.type('js').send(pusherJs))
  return app
}
