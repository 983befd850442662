import { channelRules, deny, PingerchipsServer, type UserContext, type WebhookEvent } from '@pingerchips/core'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { describe, expectTypeOf, test } from 'vitest'
import { pingerchips } from '../src/index.ts'

declare module 'fastify' {
  interface FastifyRequest {
    account: { id: string } | undefined
  }
}
test('the request and the user are typed with no annotation', () => {
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = Fastify()
  app.register(pingerchips, {
    client,
    prefix: '/v1',
    user: (request) => {
      expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
      return request.account
    },
    authorize: ({ user, request, kind }) => {
      expectTypeOf(user).toEqualTypeOf<{ id: string }>()
      expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
      return kind === 'presence' ? { user_id: user.id } : true
    },
  })
  // @ts-expect-error misspelt
  app.register(pingerchips, { client, authorise: () => true })
})

describe('rules and refusals', () => {
  interface User {
    id: string
    admin: boolean
  }
  const client = new PingerchipsServer('1', 's', { appKey: 'k' })
  const app = Fastify()
  const findUser = async (_request: FastifyRequest): Promise<User | null> => null

  test('a refusal is no user', () => {
    app.register(pingerchips, {
      client,
      user: (request, attempt) => {
        expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
        expectTypeOf(attempt).toExtend<UserContext & { reply: FastifyReply }>()
        return attempt.header('authorization') === undefined ? deny({ status: 401 }) : { id: '1' }
      },
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string }>()
        return user.id === '1' || deny({ error: 'not yet' })
      },
      signin: ({ user, request }) => {
        expectTypeOf(user).toEqualTypeOf<{ id: string }>()
        expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
        return { id: user.id, user_info: {}, watchlist: ['2'] }
      },
      webhooks: {
        handler(events, { request }) {
          expectTypeOf(events).toEqualTypeOf<readonly WebhookEvent[]>()
          expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
        },
      },
    })
  })

  test('the user and the parameters flow into rules', () => {
    app.register(pingerchips, {
      client,
      user: (request: FastifyRequest) => findUser(request),
      authorize: channelRules({
        'private-order-{orderId}-item-{itemId}': ({ params, user, request }) => {
          expectTypeOf(params).toEqualTypeOf<{ readonly orderId: string; readonly itemId: string }>()
          expectTypeOf(user).toEqualTypeOf<User>()
          expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
          // @ts-expect-error: misspelt
          return params.odrerId === user.id
        },
        'presence-room-{room}': async ({ user, params }) => params.room !== '' && { user_id: user.id },
        'private-admin-{rest}': ({ user }) => user.admin,
      }),
    })
    app.register(pingerchips, {
      client,
      user: (request) => findUser(request),
      authorize: channelRules<User>({ 'private-user-{id}': ({ user, params }) => params.id === user.id }),
    })
    app.register(pingerchips, {
      client,
      user: findUser,
      authorize: channelRules<User, FastifyRequest>()({
        'private-user-{id}': ({ user, params, request }) => {
          expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
          return params.id === user.id
        },
      }),
    })
  })

  test('what cannot be right does not compile', () => {
    // @ts-expect-error: a presence channel needs a member
    app.register(pingerchips, { client, user: findUser, authorize: channelRules({ 'presence-{room}': () => true }) })
    const rules = channelRules<User>()({ 'private-a': () => true })
    // @ts-expect-error: the rules are for another user
    app.register(pingerchips, { client, user: () => ({ name: 'x' }), authorize: rules })
    // @ts-expect-error: the service needs an id
    app.register(pingerchips, { client, user: findUser, authorize: () => true, signin: () => ({ user_id: '1' }) })
  })
})
