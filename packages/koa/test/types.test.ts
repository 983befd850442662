import { channelRules, deny, PingerchipsServer, type UserContext, type WebhookEvent } from '@pingerchips/core'
import Koa, { type DefaultState, type ParameterizedContext } from 'koa'
import { describe, expectTypeOf, test } from 'vitest'
import { type PingerchipsContext, pingerchips } from '../src/index.ts'

test('the request and the user are typed with no annotation', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = new Koa<DefaultState, PingerchipsContext>()
  app.use(
    pingerchips({
      client,
      user: async (ctx) => {
        expectTypeOf(ctx).toEqualTypeOf<ParameterizedContext>()
        return ctx.ip === '' ? null : { id: 'a', name: 'b' }
      },
      authorize: ({ user, request, kind }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string; name: string }>()
        expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
        return kind === 'presence' ? { user_id: user.id } : true
      },
    }),
  )
  app.use(async (ctx) => {
    await ctx.pingerchips.trigger('a', 'b', 1)
  })
  new Koa().use(pingerchips({ client, authorize: () => true })).use(async (ctx) => {
    expectTypeOf(ctx.pingerchips.client).toEqualTypeOf<PingerchipsServer>()
  })
})

describe('rules and refusals', () => {
  interface User {
    id: string
    admin: boolean
  }
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = new Koa()
  const findUser = async (_request: ParameterizedContext): Promise<User | null> => null

  test('a refusal is no user', () => {
    app.use(
      pingerchips({
        client,
        user: (ctx, attempt) => {
          expectTypeOf(ctx).toEqualTypeOf<ParameterizedContext>()
          expectTypeOf(attempt).toExtend<UserContext>()
          return attempt.header('authorization') === undefined ? deny({ status: 401 }) : { id: '1' }
        },
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          return user.id === '1' || deny({ error: 'not yet' })
        },
        signin: ({ user, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
          return { id: user.id, user_info: {}, watchlist: ['2'] }
        },
        webhooks: {
          handler(events, { request }) {
            expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
            expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
          },
        },
      }),
    )
  })

  test('the user and the parameters flow into rules', () => {
    app.use(
      pingerchips({
        client,
        user: (ctx: ParameterizedContext) => findUser(ctx),
        authorize: channelRules({
          'private-order-{orderId}-item-{itemId}': ({ params, user, request }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
            expectTypeOf(user).toEqualTypeOf<User>()
            expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
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
        user: (ctx) => findUser(ctx),
        authorize: channelRules<User>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
      }),
    )
    app.use(
      pingerchips({
        client,
        user: findUser,
        authorize: channelRules<User, ParameterizedContext>()({
          'private-user-{id}': ({ user, params, request }) => {
            expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
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
