import { PingerchipsServer } from '@pingerchips/core'
import Koa, { type DefaultState, type ParameterizedContext } from 'koa'
import { expectTypeOf, test } from 'vitest'
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
