import { EncryptJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { authJs, type JwtRejection, type JwtUserOptions, jwtUser } from '../src/index.ts'
import { context } from './endpoint.ts'
import { now, signed } from './tokens.ts'

const secret = 'the secret of the Auth.js tests, which is public'
/** Made with `encode` of @auth/core 0.41.3 (`authjs`) and of next-auth 4.24.15, valid for a hundred years. */
const sessions = {
  'authjs.session-token':
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiZXVuZ0llaXNjRzduQnpid3pSM2FCT3JyWWk1eWpTVzFZM1BJckxYQWhFeGNwcUt1SDRlaW9QX3NvQ1NmTURTMDNub1VLOGt5bDc2a2lad0tvN1FvX1EifQ..sTMqV5j1nLCSMwchj_MWjg.OL1MYxSPOpykLgzEL-V941BidAzI_NpdhD2EZT2MiJZgZRcgqtCfHi46YmqHLkA2S8rtkNrstPmorEdcrnhMQyjmPdCGbNh4jPlfmLgfrenVkgjPKckqgIDHsWkZnVlZPdl6iYtV5lZ0MfG-rwyqzFU22HlxnZv6Rng8Mqmjjjpwib6Ankc0IIXNf15Xl2GH.H9i6MTl3Jbv0yu-QhryYnBUG940mDy6p9KHMsLe4NXQ',
  '__Secure-authjs.session-token':
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiWmx1V3pMNF96RXRGelpHd05nY2xteTAzQ0RZZktSTG1TZElMVUx4Y2hyNGJQMnZPd0ZnQ1JpMUlJbUdyei10eWJFeFZqeTV2V1FBOXhaQS1VdmI2QUEifQ..dA9TAPmQDO-hBUNWBHZJBw.NJSgnxQKVny7MekfO_2PNEjAj5M-s2pLQ-GR7UKyICcmeapqYBp5ZBRhhVy_FHjVCizZ-aFkjsoZ9GRH44wATVzX9WqPSF32MCCt-VUz_jOlEgdB7Jj-vmo8RcRikcN6DbzsH8sIjxZdvEWnI_y-HmLcJ2MPEyL0e4flv4hzRO-61BLWa2RIDmjpn20k-2Pl.p_Fm2mu_ErUNcHOXMQpP32XoG-Ii4SzGtE_94VShH50',
  'next-auth.session-token':
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..z6GGb-ddUEUBN5Wl.-JobiZgKDEMMXzOfiKJYdd6q4CxwPuVdIA0h0UWJRItKlsGn6rGXTdYY2G17m2J6o9yR-PSupmFoLBAJLlz7Y_GVnHAu0YtooIncECBrG5rF1nviRhbjNtvUfpyRJOxXPmRWLOOBN4lVoFo3B1lNVlSkG9PdEKXdJklTM1QEdFl1ltU.s_GU0KP3Im54qS0W9S_Qzw',
} as const
const cases = [
  ['authjs.session-token', 5],
  ['__Secure-authjs.session-token', 5],
  ['next-auth.session-token', 4],
] as const

/** The subject of the user, or the code of the rejection. */
async function subject(options: object, cookie: string | undefined): Promise<unknown> {
  const rejections: JwtRejection[] = []
  const onReject = (rejection: JwtRejection) => rejections.push(rejection)
  const user = jwtUser({ ...options, onReject } as JwtUserOptions)
  const result = await user({}, context(cookie === undefined ? {} : { cookie }))
  return rejections[0]?.code ?? (result as { sub?: unknown }).sub
}
const chunks = (name: string, token: string, size: number) =>
  Array.from(
    { length: Math.ceil(token.length / size) },
    (_, i) => `${name}.${i}=${token.slice(i * size, (i + 1) * size)}`,
  )

describe.each(cases)('the session cookie %s of version %i', (cookie, version) => {
  const options = authJs({ secret, cookie, version })
  const token = sessions[cookie]
  const failed = 'ERR_JWE_DECRYPTION_FAILED'

  test('is accepted, whole, in chunks, and among other cookies', async () => {
    const parts = chunks(cookie, token, 100)
    for (const header of [
      `${cookie}=${token}`,
      `theme=dark; ${cookie}=${token}; x=1=2`,
      parts.join('; '),
      parts.toReversed().join('; '),
    ])
      expect(await subject(options, header)).toBe('ada')
  })

  test('is missing', async () => {
    for (const header of [undefined, '', 'theme=dark', `${cookie}=`, `${cookie}.1=${token}`, `x${cookie}=${token}`])
      expect(await subject(options, header)).toBe('token_missing')
  })

  test('is refused with another secret, another cookie name or another version', async () => {
    const header = `${cookie}=${token}`
    expect(await subject(authJs({ secret: `${secret}!`, cookie, version }), header)).toBe(failed)
    if (version === 5)
      expect(await subject(authJs({ secret, cookie: 'other.session-token' }), `other.session-token=${token}`)).toBe(
        failed,
      )
    expect(await subject(authJs({ secret, cookie, version: version === 5 ? 4 : 5 }), header)).toMatch(/^ERR_J/)
  })

  test('is refused after any change', async () => {
    for (let i = 0; i < token.length; i += 7) {
      const changed = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`
      expect(await subject(options, `${cookie}=${changed}`)).not.toBe('ada')
    }
    for (const changed of [`${token}=`, `${token}.AA`, token.replace('..', '.AA.')])
      expect(await subject(options, `${cookie}=${changed}`)).toBe('token_malformed')
  })

  test('is refused if it is signed and not encrypted', async () => {
    expect(await subject(options, `${cookie}=${await signed()}`)).toBe('token_malformed')
  })

  test('is refused after it has expired, without exp, and for another purpose', async () => {
    const enc = options.algorithms[0]
    const encrypt = (claims: object, header = {}) =>
      new EncryptJWT({ sub: 'ada', exp: now() + 60, ...claims })
        .setProtectedHeader({ alg: 'dir', enc, ...header })
        .encrypt(options.encryptionKey)
    expect(await subject(options, `${cookie}=${await encrypt({})}`)).toBe('ada')
    expect(await subject(options, `${cookie}=${await encrypt({ exp: now() - 1 })}`)).toBe('ERR_JWT_EXPIRED')
    expect(await subject(options, `${cookie}=${await encrypt({ exp: undefined })}`)).toMatch(/^ERR_JWT/)
    expect(await subject(options, `${cookie}=${await encrypt({}, { typ: 'logout+jwt' })}`)).toBe(
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    )
  })
})

describe('an encryption key', () => {
  const base = { issuer: false, audience: false, encryptionKey: new Uint8Array(32) } as const

  test.each<[what: string, options: object, argument: string]>([
    ['of another length', { algorithms: ['A256CBC-HS512'] }, 'options.encryptionKey'],
    ['that fits only one of the algorithms', { algorithms: ['A256GCM', 'A128GCM'] }, 'options.encryptionKey'],
    ['that is a string', { encryptionKey: 'x'.repeat(32), algorithms: ['A256GCM'] }, 'options.encryptionKey'],
    ['with an algorithm of signatures', { algorithms: ['HS256'] }, 'options.algorithms'],
    ['beside a secret', { algorithms: ['A256GCM'], secret: 'x'.repeat(32) }, 'options'],
  ])('%s is an error', (_what, options, argument) => {
    expect(() => jwtUser({ ...base, ...options } as never)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', argument }),
    )
  })

  test('decrypts only tokens of alg dir and a listed enc', async () => {
    const options = {
      ...base,
      algorithms: ['A256GCM'],
      token: (_: unknown, { header }: { header: (name: string) => unknown }) => header('x'),
    }
    const rejections: string[] = []
    const user = jwtUser({ ...options, onReject: ({ code }: JwtRejection) => rejections.push(code) } as never) as (
      request: unknown,
      context: unknown,
    ) => Promise<unknown>
    const encrypt = (alg: string, enc: string) =>
      new EncryptJWT({ exp: now() + 60 }).setProtectedHeader({ alg, enc }).encrypt(new Uint8Array(32))
    await user({}, context({ x: await encrypt('dir', 'A128CBC-HS256') }))
    // Its encrypted key is not empty.
    await user({}, context({ x: await encrypt('A256KW', 'A256GCM') }))
    expect(rejections).toEqual(['ERR_JOSE_ALG_NOT_ALLOWED', 'token_malformed'])
  })
})

test.each<[what: string, options: object, argument: string]>([
  ['an empty secret', { secret: '' }, 'secret'],
  ['no secret', { secret: undefined }, 'secret'],
  ['a public key as secret', { secret: '-----BEGIN PUBLIC KEY-----' }, 'secret'],
  ['an empty cookie name', { cookie: '' }, 'cookie'],
  ['no cookie name', { cookie: undefined }, 'cookie'],
  ['an unknown version', { version: 3 }, 'version'],
])('authJs() throws on %s', (_what, options, argument) => {
  const good = { secret, cookie: 'authjs.session-token' }
  expect(() => authJs({ ...good, ...options } as never)).toThrow(
    expect.objectContaining({ code: 'invalid_argument', argument }),
  )
})
