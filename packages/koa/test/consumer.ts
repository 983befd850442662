import { PingerchipsServer } from '@pingerchips/core'
import { type PingerchipsContext, pingerchips } from '@pingerchips/koa'
import Koa, { type DefaultState } from 'koa'

export const app = new Koa<DefaultState, PingerchipsContext>()
app.use(
  pingerchips({
    client: PingerchipsServer.fromEnv(),
    user: (ctx) => (ctx.get('x-user') === 'ada' ? { id: '1' } : null),
    authorize: ({ channel, user }) => channel === `private-user-${user.id}`,
  }),
)
app.use(async (ctx) => {
  await ctx.pingerchips.trigger('private-user-1', 'order-update', {})
  ctx.body = { success: true }
})
