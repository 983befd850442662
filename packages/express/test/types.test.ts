import { PingerchipsServer } from '@pingerchips/core'
import express, { type Request } from 'express'
import { expectTypeOf, test } from 'vitest'
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
  app.post('/x', async (req, res) => {
    await req.pingerchips.trigger('a', 'b', 1)
    res.json({})
  })
})
