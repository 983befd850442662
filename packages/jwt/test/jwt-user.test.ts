import { inspect } from 'node:util'
import { deny } from '@pingerchips/core'
import { type as ark } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { ask, bearing, context } from './endpoint.ts'
import { audience, claimsWith, issuer, keys, now, rs256, signed } from './tokens.ts'

const options = { ...rs256, publicKey: keys.pem } as const
const refused = {
  status: 401,
  challenge: 'Bearer error="invalid_token"',
  body: '{"error":"Unauthorized"}',
  user: undefined,
}

function recordRejections() {
  const rejections: JwtRejection[] = []
  return { rejections, onReject: (rejection: JwtRejection) => rejections.push(rejection) }
}
const bearer = async (changes?: Record<string, unknown>) => ({ authorization: `Bearer ${await signed(changes)}` })

test('the user is the verified claims', async () => {
  const exp = now() + 60
  expect(await ask(jwtUser(options), await bearer({ exp, room: 7 }))).toMatchObject({
    status: 200,
    user: { ...claimsWith(), exp, room: 7 },
  })
})

describe('issuer, audience and time', () => {
  const status = async (more: object, changes: Record<string, unknown>) =>
    (await ask(jwtUser({ ...options, ...more }), await bearer(changes))).status

  test('may be lists', async () => {
    const several = { issuer: ['https://a.example', issuer], audience: ['shop', audience] }
    expect(await status(several, {})).toBe(200)
    expect(await status(several, { iss: 'https://a.example', aud: 'shop' })).toBe(200)
    expect(await status(several, { iss: 'https://b.example' })).toBe(401)
    expect(await status(several, { aud: ['other'] })).toBe(401)
  })

  test('clockTolerance is in seconds, default 0', async () => {
    expect(await status({}, { exp: now() - 1 })).toBe(401)
    expect(await status({ clockTolerance: 30 }, { exp: now() - 10, nbf: now() + 10 })).toBe(200)
    expect(await status({ clockTolerance: 30 }, { exp: now() - 31 })).toBe(401)
    expect(await status({ clockTolerance: 30 }, { nbf: now() + 60 })).toBe(401)
    expect(await status({ clockTolerance: 300 }, { exp: now() - 290 })).toBe(200)
  })

  test('a token is valid until its exp', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const user = jwtUser(options)
      const headers = await bearer({ exp: now() + 60, nbf: now() + 30 })
      const after: Record<number, number> = {}
      for (const seconds of [0, 29, 30, 59, 60]) {
        after[seconds] = (await ask(user, headers)).status
        vi.advanceTimersByTime(1000 * ([29, 1, 29, 1][Object.keys(after).length - 1] ?? 0))
      }
      expect(after).toEqual({ 0: 401, 29: 401, 30: 200, 59: 200, 60: 401 })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('token', () => {
  const cookie = (request: Request) => request.headers.get('cookie')?.replace('token=', '')

  test('replaces the header and auth_info', async () => {
    const { rejections, onReject } = recordRejections()
    const user = jwtUser({ ...options, token: cookie, onReject })
    const good = await signed()
    expect((await ask(user, { cookie: `token=${good}` })).status).toBe(200)
    expect(await ask(user, { authorization: `Bearer ${good}` }, { token: good })).toMatchObject({
      ...refused,
      challenge: 'Bearer',
    })
    expect(rejections.map(({ code }) => code)).toEqual(['token_missing'])
  })

  test.each([null, undefined, '', Promise.resolve(null)])(
    'that returns %s means that there is no token',
    async (none) => {
      expect(await ask(jwtUser({ ...options, token: () => none }), await bearer())).toMatchObject({
        ...refused,
        challenge: 'Bearer',
      })
    },
  )

  test('may be asynchronous, and its token has the same checks', async () => {
    const { rejections, onReject } = recordRejections()
    const user = jwtUser({ ...options, token: async (request: Request) => request.headers.get('x'), onReject })
    expect((await ask(user, { x: await signed() })).status).toBe(200)
    for (const x of [
      `Bearer ${await signed()}`,
      await signed({ more: 'x'.repeat(16_000) }),
      await signed({ aud: 'shop' }),
    ])
      expect(await ask(user, { x })).toMatchObject(refused)
    expect(rejections.map(({ code }) => code)).toEqual([
      'token_malformed',
      'token_too_large',
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    ])
  })

  test('of 16 KiB is accepted, and of a byte more is too large', async () => {
    const sized = (length: number) => `${'a'.repeat(length - 6)}.aa.AA`
    const { rejections, onReject } = recordRejections()
    const user = jwtUser({ ...options, onReject })
    for (const length of [16_384, 16_385]) {
      await user({}, bearing(sized(length)))
      await user({}, context({}, { token: sized(length) }))
    }
    expect(rejections.map(({ code }) => code)).toEqual([
      'ERR_JWS_INVALID',
      'ERR_JWS_INVALID',
      'token_too_large',
      'token_too_large',
    ])
  })

  test('that throws reaches the error handler', async () => {
    const down = new Error('the session store is down')
    const throws = () => {
      throw down
    }
    for (const token of [throws, () => Promise.reject(down)])
      expect(await ask(jwtUser({ ...options, token }), {})).toMatchObject({
        status: 500,
        user: undefined,
        errors: [down],
      })
  })

  test('that returns no string, as of ?token[]=x, is malformed', async () => {
    for (const token of [() => 7 as never, () => ['x'] as never])
      expect(await ask(jwtUser({ ...options, token }), {})).toMatchObject({ status: 401, errors: [] })
  })

  test('inherited by auth_info is ignored', async () => {
    const authInfo = Object.create({ token: await signed() })
    const { rejections, onReject } = recordRejections()
    await jwtUser({ ...options, onReject })({}, context({}, authInfo))
    expect(rejections.map(({ code }) => code)).toEqual(['token_missing'])
  })
})

describe('claims', () => {
  const schemas = {
    zod: z.object({
      sub: z.string(),
      role: z.enum(['admin', 'guest']),
      exp: z.number().transform((exp) => exp * 1000),
    }),
    valibot: v.object({
      sub: v.string(),
      role: v.picklist(['admin', 'guest']),
      exp: v.pipe(
        v.number(),
        v.transform((exp) => exp * 1000),
      ),
    }),
    arktype: ark({ '+': 'delete', sub: 'string', role: "'admin'|'guest'", exp: ['number', '=>', (exp) => exp * 1000] }),
  }

  for (const [name, schema] of Object.entries(schemas))
    test(`are validated and converted by ${name}`, async () => {
      const { rejections, onReject } = recordRejections()
      const user = jwtUser({ ...options, claims: schema as typeof schemas.zod, onReject })
      const exp = now() + 60
      const good = await ask(user, await bearer({ exp, role: 'admin' }))
      expect(good).toMatchObject({ status: 200, user: { sub: 'ada', role: 'admin', exp: exp * 1000 } })
      expect(await ask(user, await bearer({ role: 'a secret role' }))).toMatchObject(refused)
      expect(await ask(user, await bearer())).toMatchObject(refused)
      expect(rejections.map(({ code, claim }) => [code, claim])).toEqual([
        ['claims_invalid', 'role'],
        ['claims_invalid', 'role'],
      ])
      expect(inspect(rejections.map(({ request, ...rest }) => rest))).not.toContain('secret role')
      // A refused token does not reach the schema.
      rejections.length = 0
      await ask(user, await bearer({ aud: 'shop', role: 'root' }))
      expect(rejections.map(({ claim }) => claim)).toEqual(['aud'])
    })

  test('may be validated asynchronously', async () => {
    const isMember = async (sub: string) => sub === 'ada'
    const user = jwtUser({ ...options, claims: z.object({ sub: z.string().refine(isMember) }) })
    expect(await ask(user, await bearer())).toMatchObject({ status: 200, user: { sub: 'ada' } })
    expect(await ask(user, await bearer({ sub: 'bob' }))).toMatchObject(refused)
  })

  test('of an issue without a path, or with a path of objects, are refused', async () => {
    const { rejections, onReject } = recordRejections()
    const validates = (issues: { message: string; path?: { key: string }[] }[]) => ({
      '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues }) },
    })
    for (const issues of [[], [{ message: 'no' }], [{ message: 'no', path: [{ key: 'sub' }, { key: 'x' }] }]])
      expect(await ask(jwtUser({ ...options, claims: validates(issues), onReject }), await bearer())).toMatchObject(
        refused,
      )
    expect(rejections.map(({ claim }) => claim)).toEqual([undefined, undefined, 'sub'])
  })

  test('reach the error handler if the schema throws', async () => {
    const broken = new Error('the schema is broken')
    const validate = () => {
      throw broken
    }
    const claims = { '~standard': { version: 1 as const, vendor: 'test', validate } }
    expect(await ask(jwtUser({ ...options, claims }), await bearer())).toMatchObject({ status: 500, errors: [broken] })
  })
})

describe('map', () => {
  test('makes the user from the claims', async () => {
    const map = async ({ sub }: { sub?: string }, request: Request) => ({ id: sub, from: request.headers.get('x') })
    const headers = { ...(await bearer()), x: 'here' }
    expect(await ask(jwtUser({ ...options, map }), headers)).toMatchObject({ user: { id: 'ada', from: 'here' } })
    const claims = z.object({ sub: z.string().toUpperCase() })
    expect(await ask(jwtUser({ ...options, claims, map }), headers)).toMatchObject({ user: { id: 'ADA' } })
  })

  test.each([null, undefined, false, ''])('that returns %j means unauthenticated: 403', async (none) => {
    const { rejections, onReject } = recordRejections()
    const result = await ask(jwtUser({ ...options, map: () => none, onReject }), await bearer())
    expect(result).toMatchObject({ status: 403, challenge: null, user: undefined })
    expect(rejections).toEqual([])
  })

  test('may return a denial', async () => {
    const map = () => deny({ status: 403, error: 'suspended' })
    expect(await ask(jwtUser({ ...options, map }), await bearer())).toMatchObject({
      status: 403,
      body: '{"error":"suspended"}',
    })
  })

  test('that throws reaches the error handler', async () => {
    const down = new Error('the database is down')
    const map = () => Promise.reject(down)
    expect(await ask(jwtUser({ ...options, map }), await bearer())).toMatchObject({ status: 500, errors: [down] })
  })

  test('is not called for a bad token', async () => {
    const map = vi.fn()
    await ask(jwtUser({ ...options, map }), await bearer({ aud: 'shop' }))
    expect(map).not.toHaveBeenCalled()
  })
})

describe('onReject', () => {
  test('is awaited', async () => {
    const order: string[] = []
    const onReject = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('rejected')
    }
    await ask(jwtUser({ ...options, onReject }), {})
    order.push('responded')
    expect(order).toEqual(['rejected', 'responded'])
  })

  test('that throws reaches the error handler, and nothing is signed', async () => {
    const full = new Error('the disk is full')
    const throws = () => {
      throw full
    }
    for (const onReject of [throws, () => Promise.reject(full)])
      for (const headers of [{}, await bearer({ aud: 'shop' })])
        expect(await ask(jwtUser({ ...options, onReject }), headers)).toMatchObject({
          status: 500,
          body: '{"error":"Internal server error"}',
          user: undefined,
          errors: [full],
        })
  })

  test('receives the request, the code and the claim of a refused token, and nothing of a valid one', async () => {
    const { rejections, onReject } = recordRejections()
    const user = jwtUser({ ...options, onReject })
    const request = {}
    await user(request, bearing(await signed()))
    await user(request, bearing(await signed({ exp: 1 })))
    expect(rejections).toEqual([{ code: 'ERR_JWT_EXPIRED', claim: 'exp', cause: undefined, request }])
    expect(rejections[0]?.request).toBe(request)
  })
})
