import { channelRules, deny, PingerchipsServer, type UserContext, type WebhookEvent } from '@pingerchips/core'
import express, { type Request, type Response } from 'express'
import { describe, expectTypeOf, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

test('the request and the user are typed with no annotation', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = express()
  app.use(
    pingerchips({
      client,
      user: async (req) => {
        expectTypeOf(req).toEqualTypeOf<Request>()
        return req.ip === '' ? null : { id: 'a', name: 'b' }
      },
      authorize: ({ user, request, kind }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string; name: string }>()
        expectTypeOf(request).toEqualTypeOf<Request>()
        return kind === 'presence' ? { user_id: user.id } : true
      },
    }),
  )
  app.use(
    pingerchips({
      client,
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<undefined>()
        return false
      },
    }),
  )
  app.use(
    pingerchips({
      client,
      user: async (req) => (req.ip === '' ? null : { id: 'a', name: 'b' }),
      authorize: ({ user }) => user.id === 'a',
      rateLimit: {
        limiter: { consume: async (key: string) => key },
        key: ({ user, address, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string; name: string } | undefined>()
          expectTypeOf(request).toEqualTypeOf<Request>()
          return user?.name ?? address ?? ''
        },
        address: (req) => req.ip,
      },
    }),
  )
  app.post('/x', async (req, res) => {
    await req.pingerchips.trigger('a', 'b', 1)
    res.json({})
  })
})

describe('rules and refusals', () => {
  interface User {
    id: string
    admin: boolean
  }
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = express()
  const findUser = async (_request: Request): Promise<User | null> => null

  test('a refusal is no user', () => {
    app.use(
      pingerchips({
        client,
        user: (req, attempt) => {
          expectTypeOf(req).toEqualTypeOf<Request>()
          expectTypeOf(attempt).toExtend<UserContext & { response: Response }>()
          return attempt.header('authorization') === undefined ? deny({ status: 401 }) : { id: '1' }
        },
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          return user.id === '1' || deny({ error: 'not yet' })
        },
        signin: ({ user, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          expectTypeOf(request).toEqualTypeOf<Request>()
          return { id: user.id, user_info: {}, watchlist: ['2'] }
        },
        webhooks: {
          handler(events, { request }) {
            expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
            expectTypeOf(request).toEqualTypeOf<Request>()
          },
        },
      }),
    )
  })

  test('the user and the parameters flow into rules', () => {
    app.use(
      pingerchips({
        client,
        user: (req: Request) => findUser(req),
        authorize: channelRules({
          'private-order-{orderId}-item-{itemId}': ({ params, user, request }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
            expectTypeOf(user).toEqualTypeOf<User>()
            expectTypeOf(request).toEqualTypeOf<Request>()
            // @ts-expect-error: misspelt
            return params.odrerId === user.id
          },
          'presence-room-{room}': async ({ user, params }) => params.room !== '' && { user_id: user.id },
          'private-admin-{rest}': ({ user }) => user.admin,
        }),
      }),
    )
    app.use(
      pingerchips({
        client,
        user: (req) => findUser(req),
        authorize: channelRules<User>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
      }),
    )
    app.use(
      pingerchips({
        client,
        user: findUser,
        authorize: channelRules<User, Request>()({
          'private-user-{id}': ({ user, params, request }) => {
            expectTypeOf(request).toEqualTypeOf<Request>()
            return params.id === user.id
          },
        }),
      }),
    )
  })

  test('what cannot be right does not compile', () => {
    // @ts-expect-error: a presence channel needs a member
    app.use(pingerchips({ client, user: findUser, authorize: channelRules({ 'presence-{room}': () => true }) }))
    const rules = channelRules<User>()({ 'private-a': () => true })
    // @ts-expect-error: the rules are for another user
    app.use(pingerchips({ client, user: () => ({ name: 'x' }), authorize: rules }))
    // @ts-expect-error: the service needs an id
    app.use(pingerchips({ client, user: findUser, authorize: () => true, signin: () => ({ user_id: '1' }) }))
  })
})
