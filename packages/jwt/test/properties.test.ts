import fc from 'fast-check'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type JwtClaims, jwtUser } from '../src/index.ts'
import { bearing, context } from './endpoint.ts'

/** `npm run fuzz` sets more. A failure shows its seed. */
const numRuns = Math.ceil(Number(process.env.FUZZ_CASES ?? 100_000) / 50)
const settings = { numRuns, ...(process.env.FUZZ_SEED !== undefined && { seed: Number(process.env.FUZZ_SEED) }) }
const timeout = 20_000 + numRuns * 2

const secret = 'a secret of 32 bytes, or of more'
const good = { issuer: 'https://id.example', audience: 'app', algorithms: ['HS256'] } as const
const user = jwtUser<unknown, JwtClaims>({ ...good, secret })

const optionName = fc.constantFrom(
  ...[
    'jwksUrl',
    'jwks',
    'secret',
    'publicKey',
    'issuer',
    'audience',
    'algorithms',
    'clockTolerance',
    'claims',
    'token',
  ],
  ...['map', 'onReject', 'keys', 'kty', 'k', 'n', 'e', '~standard', 'validate', 'alg'],
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    fc.anything(),
    fc.constantFrom<unknown>(
      secret,
      'HS256',
      'RS256',
      ['HS256'],
      ['ES256'],
      'https://id.example',
      () => null,
      'RSA',
      'EC',
    ),
    fc.constant('-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----'),
    fc.dictionary(optionName, tie('tree'), { maxKeys: 5 }),
    fc.array(tie('tree'), { maxLength: 2 }),
  ),
}))

/** A denial has one symbol of core's; claims have none. */
const isDenial = (result: unknown) => Object.getOwnPropertySymbols(Object(result)).length === 1
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url')
const header = fc.oneof(
  fc.record({ alg: fc.constantFrom('none', 'HS256', 'hs256', 'RS256', ''), typ: fc.constant('JWT') }),
  fc.record({ alg: fc.constant('HS256'), crit: fc.array(fc.string()), b64: fc.anything(), kid: fc.anything() }),
  fc.anything(),
)
const unsigned = fc.oneof(
  fc
    .tuple(header, fc.anything(), fc.base64String())
    .map(([head, claims, end]) => [head, claims].map(base64url).concat(end).join('.')),
  fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary' }),
)

describe('properties of jwtUser', () => {
  const { issuer, audience } = good
  test.each<[string, fc.Arbitrary<unknown>]>([
    ['options', tree],
    ['options beside good ones', tree.map((more) => ({ ...good, ...Object(more) }))],
    ['a secret', tree.map((value) => ({ ...good, secret: value }))],
    ['a public key', tree.map((value) => ({ issuer, audience, algorithms: ['RS256', 'ES256'], publicKey: value }))],
    ['a key set', tree.map((value) => ({ issuer, audience, algorithms: ['ES256'], jwks: value }))],
    ['algorithms', tree.map((value) => ({ issuer, audience, algorithms: value, secret }))],
  ])(
    'for any value as %s, jwtUser() throws only invalid_argument',
    (_name, options) => {
      fc.assert(
        fc.property(options, (given) => {
          try {
            jwtUser(given as never)
            return true
          } catch (error) {
            return error instanceof TypeError && (error as { code?: unknown }).code === 'invalid_argument'
          }
        }),
        settings,
      )
    },
    timeout,
  )

  test(
    'any value as token is a denial, and never an exception',
    async () => {
      await fc.assert(
        fc.asyncProperty(unsigned, fc.anything(), async (token, authInfo) => {
          const results = [
            user({}, bearing(token)),
            user({}, context({ authorization: token })),
            user({}, context({}, { token })),
          ]
          return [...(await Promise.all(results)), await user({}, context({}, authInfo))].every(isDenial)
        }),
        settings,
      )
    },
    timeout,
  )

  test(
    'of all signed claims, only valid ones make a user',
    async () => {
      const claims = fc.record(
        {
          iss: fc.oneof(fc.constant(issuer), fc.anything()),
          aud: fc.oneof(fc.constant(audience), fc.constant([audience, 'x']), fc.anything()),
          exp: fc.oneof(fc.constant(Date.now()), fc.anything()),
          nbf: fc.oneof(fc.constant(0), fc.anything()),
          sub: fc.anything(),
        },
        { requiredKeys: [] },
      )
      let users = 0
      await fc.assert(
        fc.asyncProperty(claims, async (drawn) => {
          const sent = JSON.parse(
            JSON.stringify(drawn, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
          )
          const token = await new SignJWT(sent).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
          const result = await user({}, bearing(token))
          if (isDenial(result)) return true
          users++
          const { iss, aud, exp } = result as JwtClaims
          return iss === issuer && [aud].flat().includes(audience) && (exp ?? 0) > Date.now() / 1000
        }),
        settings,
      )
      expect(users).toBeGreaterThan(0)
    },
    timeout,
  )
})
