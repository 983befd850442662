import { PingerchipsServer } from '@pingerchips/core'
import { type Context, Hono } from 'hono'
import { expectTypeOf, test } from 'vitest'
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
