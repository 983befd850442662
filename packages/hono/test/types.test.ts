import { channelRules, deny, PingerchipsServer, type UserContext, type WebhookEvent } from '@pingerchips/core'
import { type Context, Hono } from 'hono'
import { describe, expectTypeOf, test } from 'vitest'
import { type PingerchipsEnv, pingerchips } from '../src/index.ts'

test('the request and the user are typed with no annotation', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  type AppEnv = PingerchipsEnv & { Bindings: { SECRET: string }; Variables: { account: { id: string } | null } }
  const app = new Hono<AppEnv>()
  app.use(
    pingerchips({
      client: (c: Context<AppEnv>) => {
        expectTypeOf(c.env.SECRET).toEqualTypeOf<string>()
        return client
      },
      user: async (c) => c.get('account'),
      authorize: ({ user, request, kind }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string }>()
        expectTypeOf(request.env.SECRET).toEqualTypeOf<string>()
        return kind === 'presence' ? { user_id: user.id } : true
      },
    }),
  )
  app.post('/x', async (c) => {
    await c.var.pingerchips.trigger('a', 'b', 1)
    return c.text('')
  })
  const plain = new Hono()
  plain.use(
    pingerchips({
      client,
      user: (c) => c.req.header('x'),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<string>()
        return true
      },
    }),
  )
  const chained = new Hono().use(pingerchips({ client, authorize: () => true })).post('/x', (c) => {
    expectTypeOf(c.var.pingerchips.client).toEqualTypeOf<PingerchipsServer>()
    return c.text('')
  })
  plain.use(
    pingerchips({
      client,
      user: (c) => {
        expectTypeOf(c).toEqualTypeOf<Context>()
        return { n: 1 }
      },
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<{ n: number }>()
        return true
      },
    }),
  )
  void chained
})

describe('rules and refusals', () => {
  interface User {
    id: string
    admin: boolean
  }
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = new Hono()
  const findUser = async (_request: Context): Promise<User | null> => null

  test('a refusal is no user', () => {
    app.use(
      pingerchips({
        client,
        user: (c, attempt) => {
          expectTypeOf(c).toEqualTypeOf<Context>()
          expectTypeOf(attempt).toExtend<UserContext>()
          return attempt.header('authorization') === undefined ? deny({ status: 401 }) : { id: '1' }
        },
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          return user.id === '1' || deny({ error: 'not yet' })
        },
        signin: ({ user, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          expectTypeOf(request).toEqualTypeOf<Context>()
          return { id: user.id, user_info: {}, watchlist: ['2'] }
        },
        webhooks: {
          handler(events, { request }) {
            expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
            expectTypeOf(request).toEqualTypeOf<Context>()
          },
        },
      }),
    )
  })

  test('the user and the parameters flow into rules', () => {
    app.use(
      pingerchips({
        client,
        user: (c: Context) => findUser(c),
        authorize: channelRules({
          'private-order-{orderId}-item-{itemId}': ({ params, user, request }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
            expectTypeOf(user).toEqualTypeOf<User>()
            expectTypeOf(request).toEqualTypeOf<Context>()
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
        user: (c) => findUser(c),
        authorize: channelRules<User>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
      }),
    )
    app.use(
      pingerchips({
        client,
        user: findUser,
        authorize: channelRules<User, Context>()({
          'private-user-{id}': ({ user, params, request }) => {
            expectTypeOf(request).toEqualTypeOf<Context>()
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
