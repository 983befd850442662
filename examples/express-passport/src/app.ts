import { randomUUID } from 'node:crypto'
import { page, pusherJs, users } from '@examples/page'
import { channelRules, type PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import express, { type Express } from 'express'
import session from 'express-session'
import { passport } from './passport.ts'

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
  app.use(passport.session())

  app.use(
    pingerchips({
      client,
      user: (req) => req.user,
      authorize: channelRules<Express.User>()({
        'private-user-{id}': ({ user, params }) => params.id === user.id,
        'presence-lobby': ({ user }) => ({ user_id: user.id, user_info: { name: user.name } }),
      }),
      // For pusher.signin(): sendToUser() then reaches every connection of the user.
      signin: ({ user }) => ({ id: user.id, user_info: { name: user.name } }),
    }),
  )

  // Passport makes a new session id at the log-in.
  app.post('/login', express.json(), passport.authenticate('local'), (req, res) => void res.json(req.user))

  app.post('/notify/:id', express.json(), async (req, res) => {
    const from = req.user
    const to = users.get(req.params.id)
    if (from === undefined) return void res.status(401).json({ error: 'Log in first' })
    if (to === undefined) return void res.status(404).json({ error: 'No such user' })
    await req.pingerchips.trigger(`private-user-${to.id}`, 'notification', { from: from.name, text: req.body?.text })
    res.json({ success: true })
  })

  // To every connection that is signed in as the user, whatever its channels. Needs protocol: 'pusher'.
  app.post('/orders/shipped', async (req, res) => {
    if (req.user === undefined) return void res.status(401).json({ error: 'Log in first' })
    await req.pingerchips.client.sendToUser(req.user.id, 'order-update', { status: 'shipped' })
    res.json({ success: true })
  })

  app.get('/', (_req, res) => void res.type('html').send(page('Express and Passport', { signin: true })))
  app.get('/pusher.js', (_req, res) => void res.type('js').send(pusherJs))
  return app
}
