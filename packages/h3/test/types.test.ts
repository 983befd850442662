import { channelRules, deny, PingerchipsServer, type UserContext, type WebhookEvent } from '@pingerchips/core'
import { H3, type H3Event } from 'h3'
import { describe, expectTypeOf, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

test('the request and the user are typed with no annotation', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = new H3()
  app.use(
    pingerchips({
      client,
      user: async (event) => {
        expectTypeOf(event).toEqualTypeOf<H3Event>()
        return event.req.ip === '' ? null : { id: 'a', name: 'b' }
      },
      authorize: ({ user, request, kind }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string; name: string }>()
        expectTypeOf(request).toEqualTypeOf<H3Event>()
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
      user: async (event) => (event.req.ip === '' ? null : { id: 'a', name: 'b' }),
      authorize: ({ user }) => user.id === 'a',
      rateLimit: {
        limiter: { consume: async (key: string) => key },
        key: ({ user, address, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string; name: string } | undefined>()
          expectTypeOf(request).toEqualTypeOf<H3Event>()
          return user?.name ?? address ?? ''
        },
        address: (event) => event.req.ip,
      },
    }),
  )
  app.post('/x', async ({ context }) => {
    expectTypeOf(context.pingerchips.client).toEqualTypeOf<PingerchipsServer>()
    await context.pingerchips.trigger('a', 'b', 1)
  })
})

describe('rules and refusals', () => {
  interface User {
    id: string
    admin: boolean
  }
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = new H3()
  const findUser = async (_request: H3Event): Promise<User | null> => null

  test('a refusal is no user', () => {
    app.use(
      pingerchips({
        client,
        user: (event, attempt) => {
          expectTypeOf(event).toEqualTypeOf<H3Event>()
          expectTypeOf(attempt).toExtend<UserContext>()
          return attempt.header('authorization') === undefined ? deny({ status: 401 }) : { id: '1' }
        },
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          return user.id === '1' || deny({ error: 'not yet' })
        },
        signin: ({ user, request }) => {
          expectTypeOf(user).toEqualTypeOf<{ id: string }>()
          expectTypeOf(request).toEqualTypeOf<H3Event>()
          return { id: user.id, user_info: {}, watchlist: ['2'] }
        },
        webhooks: {
          handler(events, { request }) {
            expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
            expectTypeOf(request).toEqualTypeOf<H3Event>()
          },
        },
      }),
    )
  })

  test('the user and the parameters flow into rules', () => {
    app.use(
      pingerchips({
        client,
        user: (event: H3Event) => findUser(event),
        authorize: channelRules({
          'private-order-{orderId}-item-{itemId}': ({ params, user, request }) => {
            expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
            expectTypeOf(user).toEqualTypeOf<User>()
            expectTypeOf(request).toEqualTypeOf<H3Event>()
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
        user: (event) => findUser(event),
        authorize: channelRules<User>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
      }),
    )
    app.use(
      pingerchips({
        client,
        user: findUser,
        authorize: channelRules<User, H3Event>()({
          'private-user-{id}': ({ user, params, request }) => {
            expectTypeOf(request).toEqualTypeOf<H3Event>()
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
