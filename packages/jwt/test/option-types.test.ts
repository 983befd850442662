import type { IncomingMessage } from 'node:http'
import type { Denial } from '@pingerchips/core'
import type { JSONWebKeySet } from 'jose'
import { expectTypeOf, test } from 'vitest'
import { type JwtClaims, type JwtUserOptions, jwtUser } from '../src/index.ts'
import { keys } from './tokens.ts'

const key = { publicKey: keys.pem, issuer: 'https://issuer.example', audience: 'chat', algorithms: ['RS256'] } as const

test('jwtUser() returns a function of the user or a denial', () => {
  expectTypeOf(jwtUser(key)).returns.resolves.toEqualTypeOf<JwtClaims | Denial>()
  expectTypeOf<JwtClaims['exp']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<JwtClaims['sub']>().toEqualTypeOf<string | undefined>()
  expectTypeOf(jwtUser({ ...key, map: () => 7 })).returns.resolves.toEqualTypeOf<number | Denial>()
  expectTypeOf(jwtUser({ ...key, map: async () => null })).returns.resolves.toEqualTypeOf<Denial | null>()
})

test('bad options do not compile', () => {
  const { issuer, audience, algorithms, publicKey } = key
  const jwks: JSONWebKeySet = { keys: [] }
  const secret = 'a secret of thirty-two characters'
  const mistakes = () => [
    // @ts-expect-error no issuer
    jwtUser({ publicKey, audience, algorithms }),
    // @ts-expect-error no audience
    jwtUser({ publicKey, issuer, algorithms }),
    // @ts-expect-error no algorithms
    jwtUser({ publicKey, issuer, audience }),
    // @ts-expect-error no key
    jwtUser({ issuer, audience, algorithms }),
    // @ts-expect-error two keys
    jwtUser({ ...key, jwks }),
    // @ts-expect-error two keys
    jwtUser({ ...key, jwksUrl: 'https://issuer.example/jwks.json' }),
    // @ts-expect-error two keys
    jwtUser({ issuer, audience, algorithms, jwks, jwksUrl: 'https://issuer.example/jwks.json' }),
    // @ts-expect-error a secret beside a key
    jwtUser({ ...key, secret }),
    // @ts-expect-error an algorithm of public keys with a secret
    jwtUser({ issuer, audience, algorithms: ['RS256'], secret }),
    // @ts-expect-error an algorithm of secrets with a public key
    jwtUser({ issuer, audience, algorithms: ['HS256'], publicKey }),
    // @ts-expect-error both kinds
    jwtUser({ issuer, audience, algorithms: ['HS256', 'RS256'], publicKey }),
    // @ts-expect-error both kinds
    jwtUser({ issuer, audience, algorithms: ['HS256', 'RS256'], secret }),
    // @ts-expect-error an algorithm of secrets with keys from a server
    jwtUser({ issuer, audience, algorithms: ['HS256'], jwksUrl: 'https://issuer.example/jwks.json' }),
    // @ts-expect-error none
    jwtUser({ issuer, audience, algorithms: ['none'], publicKey }),
    // @ts-expect-error a secret that the environment may not have
    jwtUser({ issuer, audience, algorithms: ['HS256'], secret: process.env.NO_SUCH_SECRET }),
    // @ts-expect-error no such option
    jwtUser({ ...key, currentDate: new Date() }),
    // @ts-expect-error seconds are a number
    jwtUser({ ...key, clockTolerance: '5s' }),
    // @ts-expect-error a type for the claims is not a check of them
    jwtUser({ ...key, map: (claims: { role: string }) => claims.role }),
    // @ts-expect-error a schema is needed for the type
    jwtUser({ ...key, claims: { sub: 'string' } }),
    // @ts-expect-error a token is a string
    jwtUser({ ...key, token: () => 7 }),
  ]
  expectTypeOf(mistakes).returns.toBeArray()
  const options: JwtUserOptions = { ...key, clockTolerance: 5 }
  expectTypeOf(options).toExtend<JwtUserOptions<IncomingMessage>>()
})
