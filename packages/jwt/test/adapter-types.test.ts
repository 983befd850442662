import type { IncomingMessage } from 'node:http'
import type { Denial, UserContext } from '@pingerchips/core'
import { fetchHandler } from '@pingerchips/core/fetch'
import { nodeHandler } from '@pingerchips/core/node'
import { pingerchips as forExpress } from '@pingerchips/express'
import { pingerchips as forFastify } from '@pingerchips/fastify'
import { pingerchips as forHono } from '@pingerchips/hono'
import { pingerchips as forKoa } from '@pingerchips/koa'
import { type as ark } from 'arktype'
import express, { type Request as ExpressRequest } from 'express'
import Fastify, { type FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import Koa, { type ParameterizedContext } from 'koa'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { type JwtClaims, type JwtRejectionCode, jwtUser } from '../src/index.ts'
import { client } from './endpoint.ts'
import { keys } from './tokens.ts'

const key = { publicKey: keys.pem, issuer: 'https://issuer.example', audience: 'chat', algorithms: ['RS256'] } as const
const zod = z.object({ sub: z.string(), exp: z.number().transform(String) })
const valibot = v.object({ sub: v.string(), exp: v.pipe(v.number(), v.transform(String)) })
const arktype = ark({ sub: 'string', exp: 'number' }).pipe(({ sub, exp }) => ({ sub, exp: String(exp) }))
interface Claims {
  sub: string
  exp: string
}
interface AppUser {
  id: string
  name: string
}
declare const find: (sub: string) => Promise<AppUser | null>

describe('the user reaches authorize with no annotation, and the request reaches the hooks', () => {
  test('Express', () => {
    const app = express()
    app.use(
      forExpress({
        client,
        user: jwtUser(key),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<JwtClaims>()
          return true
        },
      }),
    )
    app.use(
      forExpress({
        client,
        user: jwtUser({ ...key, claims: zod }),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<Claims>()
          return true
        },
      }),
    )
    app.use(
      forExpress({
        client,
        user: jwtUser({
          ...key,
          token: (req) => {
            expectTypeOf(req).toEqualTypeOf<ExpressRequest>()
            return req.get('x-token')
          },
          claims: valibot,
          map: (claims, req) => {
            expectTypeOf(claims).toEqualTypeOf<Claims>()
            expectTypeOf(req).toEqualTypeOf<ExpressRequest>()
            return find(claims.sub)
          },
          onReject: ({ code, claim, cause, request }) => {
            expectTypeOf(code).toEqualTypeOf<JwtRejectionCode>()
            expectTypeOf(claim).toEqualTypeOf<string | undefined>()
            expectTypeOf(cause).toBeUnknown()
            expectTypeOf(request).toEqualTypeOf<ExpressRequest>()
          },
        }),
        authorize: ({ user, request }) => {
          expectTypeOf(request).toEqualTypeOf<ExpressRequest>()
          expectTypeOf(user).toEqualTypeOf<AppUser>()
          return true
        },
      }),
    )
    // @ts-expect-error the hook is for a request of another framework
    forExpress({ client, user: jwtUser({ ...key, token: (c: Context) => c.req.header('x') }), authorize: () => true })
  })

  test('Fastify', () => {
    const app = Fastify()
    app.register(forFastify, {
      client,
      user: jwtUser(key),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<JwtClaims>()
        return true
      },
    })
    app.register(forFastify, {
      client,
      user: jwtUser({ ...key, claims: arktype }),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    app.register(forFastify, {
      client,
      user: jwtUser({
        ...key,
        token: (request) => {
          expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
          return request.headers['x-token']?.toString()
        },
        map: async (claims, request) => {
          expectTypeOf(claims).toEqualTypeOf<JwtClaims>()
          expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
          return find(claims.sub ?? '')
        },
        onReject: ({ code, request }) => request.log.warn({ code }),
      }),
      authorize: ({ user, request }) => {
        expectTypeOf(request).toEqualTypeOf<FastifyRequest>()
        expectTypeOf(user).toEqualTypeOf<AppUser>()
        return true
      },
    })
  })

  test('Hono', () => {
    const app = new Hono()
    app.use(
      forHono({
        client,
        user: jwtUser(key),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<JwtClaims>()
          return true
        },
      }),
    )
    app.use(
      forHono({
        client,
        user: jwtUser({ ...key, claims: zod }),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<Claims>()
          return true
        },
      }),
    )
    app.use(
      forHono({
        client,
        user: jwtUser({ ...key, map: ({ sub }) => find(sub ?? ''), onReject: ({ code }) => console.warn(code) }),
        authorize: ({ user, request }) => {
          expectTypeOf(request).toEqualTypeOf<Context>()
          expectTypeOf(user).toEqualTypeOf<AppUser>()
          return true
        },
      }),
    )
    interface Env {
      Bindings: { DB: { find: typeof find } }
    }
    app.use(
      forHono({
        client,
        user: jwtUser({
          ...key,
          token: (c: Context<Env>) => getCookie(c, 'token'),
          map: ({ sub }, c) => c.env.DB.find(sub ?? ''),
        }),
        authorize: ({ user, request }) => {
          expectTypeOf(request).toEqualTypeOf<Context<Env>>()
          expectTypeOf(user).toEqualTypeOf<AppUser>()
          return true
        },
      }),
    )
    // @ts-expect-error the hook is for a request of another framework
    forHono({ client, user: jwtUser({ ...key, token: (req: ExpressRequest) => req.get('x') }), authorize: () => true })
  })

  test('Koa', () => {
    const app = new Koa()
    app.use(
      forKoa({
        client,
        user: jwtUser(key),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<JwtClaims>()
          return true
        },
      }),
    )
    app.use(
      forKoa({
        client,
        user: jwtUser({ ...key, claims: valibot }),
        authorize: ({ user }) => {
          expectTypeOf(user).toEqualTypeOf<Claims>()
          return true
        },
      }),
    )
    app.use(
      forKoa({
        client,
        user: jwtUser({
          ...key,
          token: (ctx: ParameterizedContext) => ctx.cookies.get('token'),
          map: ({ sub }, ctx) => {
            expectTypeOf(ctx).toEqualTypeOf<ParameterizedContext>()
            return find(sub ?? '')
          },
          onReject: ({ code, request }) => request.app.emit('rejected', code),
        }),
        authorize: ({ user, request }) => {
          expectTypeOf(request).toEqualTypeOf<ParameterizedContext>()
          expectTypeOf(user).toEqualTypeOf<AppUser>()
          return true
        },
      }),
    )
  })

  test('nodeHandler', () => {
    nodeHandler({
      client,
      user: jwtUser(key),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<JwtClaims>()
        return true
      },
    })
    nodeHandler({
      client,
      user: jwtUser({ ...key, claims: arktype }),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    nodeHandler({
      client,
      user: jwtUser({
        ...key,
        token: (req: IncomingMessage) => req.headers['x-token']?.toString(),
        map: ({ sub }) => find(sub ?? ''),
      }),
      authorize: ({ user, request }) => {
        expectTypeOf(request).toEqualTypeOf<IncomingMessage>()
        expectTypeOf(user).toEqualTypeOf<AppUser>()
        return true
      },
    })
  })

  test('fetchHandler', () => {
    fetchHandler({
      client,
      user: jwtUser(key),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<JwtClaims>()
        return true
      },
    })
    fetchHandler({
      client,
      user: jwtUser({ ...key, claims: zod }),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    fetchHandler({
      client,
      user: jwtUser({ ...key, token: (request) => request.headers.get('x-token'), map: ({ sub }) => find(sub ?? '') }),
      authorize: ({ user, request }) => {
        expectTypeOf(request).toEqualTypeOf<Request>()
        expectTypeOf(user).toEqualTypeOf<AppUser>()
        return true
      },
    })
  })

  test('and one that is made before goes anywhere', () => {
    const user = jwtUser({ ...key, claims: zod })
    expectTypeOf(user).toEqualTypeOf<(request: unknown, attempt: UserContext) => Promise<Claims | Denial>>()
    forExpress({
      client,
      user,
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    forHono({
      client,
      user,
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    forKoa({
      client,
      user,
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    Fastify().register(forFastify, {
      client,
      user,
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
    fetchHandler({
      client,
      user,
      signin: ({ user }) => ({ id: user.sub }),
      authorize: ({ user }) => {
        expectTypeOf(user).toEqualTypeOf<Claims>()
        return true
      },
    })
  })
})
