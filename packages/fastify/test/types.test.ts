import { PingerchipsServer } from '@pingerchips/core'
import Fastify, { type FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'
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
