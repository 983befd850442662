import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { exportJWK, exportPKCS8, importSPKI } from 'jose'
import { expect, test } from 'vitest'
import { jwtUser } from '../src/index.ts'
import { keySet, keys, rs256 } from './tokens.ts'

const secret = 'a secret of thirty-two characters'
const hs256 = { ...rs256, algorithms: ['HS256'] }
const es256 = { ...rs256, algorithms: ['ES256'] }
const withKey = { ...rs256, publicKey: keys.pem }
const jwk = await exportJWK(keys.publicKey)
const privateJwk = await exportJWK(keys.privateKey)
const privatePem = await exportPKCS8(keys.privateKey)
const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const rs512 = await importSPKI(keys.pem, 'RS512')

/** Bad options, and the option that the error names. */
const mistakes: readonly [name: string, options: unknown, argument: string, message: RegExp][] = [
  ['no options', undefined, 'options', /must be an object/],
  ['a list', [], 'options', /must be an object/],
  ['an unknown option', { ...withKey, algorithm: 'RS256' }, 'options', /'algorithm'/],
  ['a prototype key', { ...withKey, constructor: 1 }, 'options', /'constructor'/],
  ['no issuer', { ...withKey, issuer: undefined }, 'options.issuer', /must be a non-empty string/],
  ['an empty issuer', { ...withKey, issuer: '' }, 'options.issuer', /received an empty string/],
  ['an empty list of issuers', { ...withKey, issuer: [] }, 'options.issuer', /received an empty array/],
  ['an empty issuer among others', { ...withKey, issuer: ['a', ''] }, 'options.issuer', /non-empty array of them/],
  ['a regular expression as issuer', { ...withKey, issuer: /a/ }, 'options.issuer', /received an object/],
  ['no audience', { ...withKey, audience: undefined }, 'options.audience', /must be a non-empty string/],
  ['an audience of null', { ...withKey, audience: null }, 'options.audience', /received null/],
  ['an empty list of audiences', { ...withKey, audience: [] }, 'options.audience', /received an empty array/],
  ['no algorithms', { ...withKey, algorithms: undefined }, 'options.algorithms', /must be a non-empty array/],
  ['an empty list of algorithms', { ...withKey, algorithms: [] }, 'options.algorithms', /received an empty array/],
  ['an algorithm outside of a list', { ...withKey, algorithms: 'RS256' }, 'options.algorithms', /received a string/],
  ['the algorithm none', { ...withKey, algorithms: ['RS256', 'none'] }, 'options.algorithms', /\(received 'none'\)\.$/],
  [
    'an unknown algorithm',
    { ...withKey, algorithms: ['RS255'] },
    'options.algorithms',
    /must list only HS256, .* \(received 'RS255'\)/,
  ],
  ['a prototype key as algorithm', { ...withKey, algorithms: ['toString'] }, 'options.algorithms', /must list only/],
  [
    'an algorithm of jose for encryption',
    { ...withKey, algorithms: ['RSA-OAEP'] },
    'options.algorithms',
    /must list only/,
  ],
  [
    'two kinds of algorithms',
    { ...withKey, algorithms: ['RS256', 'HS256'] },
    'options.algorithms',
    /must not mix .*RS256, HS256/,
  ],
  ['a secret for both', { ...hs256, secret, algorithms: ['HS256', 'ES256'] }, 'options.algorithms', /must not mix/],
  [
    'HS256 with a public key',
    { ...withKey, algorithms: ['HS256'] },
    'options.algorithms',
    /must not list HS256, which does not go with options\.publicKey/,
  ],
  ['HS256 with keys', { ...hs256, jwks: await keySet() }, 'options.algorithms', /options\.jwks/],
  ['HS256 with a key server', { ...hs256, jwksUrl: 'https://a.example' }, 'options.algorithms', /options\.jwksUrl/],
  [
    'RS256 with a secret',
    { ...rs256, secret },
    'options.algorithms',
    /must not list RS256, which does not go with options\.secret/,
  ],
  [
    'a string as clock tolerance',
    { ...withKey, clockTolerance: '5s' },
    'options.clockTolerance',
    /number of seconds from 0 to 300/,
  ],
  [
    'a negative clock tolerance',
    { ...withKey, clockTolerance: -1 },
    'options.clockTolerance',
    /number of seconds from 0 to 300/,
  ],
  [
    'a clock tolerance over the limit',
    { ...withKey, clockTolerance: 301 },
    'options.clockTolerance',
    /number of seconds from 0 to 300/,
  ],
  [
    'NaN as clock tolerance',
    { ...withKey, clockTolerance: Number.NaN },
    'options.clockTolerance',
    /number of seconds from 0 to 300/,
  ],
  ['an object that is no schema', { ...withKey, claims: {} }, 'options.claims', /must be a Standard Schema/],
  ['null as schema', { ...withKey, claims: null }, 'options.claims', /must be a Standard Schema/],
  [
    'a token that is no function',
    { ...withKey, token: 'eyJ' },
    'options.token',
    /must be a function \(received a string\)/,
  ],
  ['a map that is no function', { ...withKey, map: {} }, 'options.map', /must be a function \(received an object\)/],
  [
    'an onReject that is no function',
    { ...withKey, onReject: null },
    'options.onReject',
    /must be a function \(received null\)/,
  ],
  [
    'no source of keys',
    rs256,
    'options',
    /must have exactly one of jwksUrl, jwks, secret, publicKey, encryptionKey \(received none\)/,
  ],
  [
    'two sources of keys',
    { ...withKey, jwksUrl: 'https://a.example' },
    'options',
    /exactly one of .* \(received jwksUrl, publicKey\)/,
  ],
  ['an empty secret', { ...hs256, secret: '' }, 'options.secret', /must have at least 32 bytes for HS256 .*received 0/],
  ['an empty array as secret', { ...hs256, secret: new Uint8Array() }, 'options.secret', /at least 32 bytes/],
  ['a short secret', { ...hs256, secret: 'hunter2' }, 'options.secret', /at least 32 bytes/],
  [
    '32 bytes for HS384',
    { ...rs256, algorithms: ['HS256', 'HS384'], secret },
    'options.secret',
    /at least 48 bytes for HS384/,
  ],
  [
    '48 bytes for HS512',
    { ...rs256, algorithms: ['HS512'], secret: 'x'.repeat(63) },
    'options.secret',
    /at least 64 bytes/,
  ],
  ['a number as secret', { ...hs256, secret: 1 }, 'options.secret', /received a number/],
  ['a relative URL', { ...rs256, jwksUrl: '/jwks.json' }, 'options.jwksUrl', /must be an absolute URL/],
  ['an empty URL', { ...rs256, jwksUrl: '' }, 'options.jwksUrl', /must be an absolute URL/],
  ['a number as URL', { ...rs256, jwksUrl: 1 }, 'options.jwksUrl', /must be an absolute URL/],
  ['plain http', { ...rs256, jwksUrl: 'http://issuer.example/jwks' }, 'options.jwksUrl', /must be https/],
  [
    'http to what looks like loopback',
    { ...rs256, jwksUrl: 'http://127.0.0.1.example/' },
    'options.jwksUrl',
    /must be https/,
  ],
  ['a file URL', { ...rs256, jwksUrl: 'file:///etc/passwd' }, 'options.jwksUrl', /must be https/],
  ['a data URL', { ...rs256, jwksUrl: 'data:application/json,{}' }, 'options.jwksUrl', /must be https/],
  [
    'a URL with a password',
    { ...rs256, jwksUrl: 'https://a:hunter2@a.example/' },
    'options.jwksUrl',
    /user name or a password/,
  ],
  ['a JWK as key set', { ...rs256, jwks: jwk }, 'options.jwks', /must be a JSON Web Key Set/],
  ['a list as key set', { ...rs256, jwks: [jwk] }, 'options.jwks', /must be a JSON Web Key Set/],
  ['an empty key set', { ...rs256, jwks: { keys: [] } }, 'options.jwks', /contains no key that verifies RS256/],
  [
    'a set for other algorithms',
    { ...es256, jwks: await keySet() },
    'options.jwks',
    /contains no key that verifies ES256/,
  ],
  [
    'a private key in a set',
    { ...rs256, jwks: { keys: [jwk, privateJwk] } },
    'options.jwks',
    /must contain only public keys/,
  ],
  [
    'a secret in a set',
    { ...rs256, jwks: { keys: [jwk, { kty: 'oct', k: 'AAAA' }] } },
    'options.jwks',
    /must contain only public keys/,
  ],
  ['an empty key', { ...rs256, publicKey: '' }, 'options.publicKey', /must be a public key: PEM/],
  ['a string that is no PEM', { ...rs256, publicKey: 'key' }, 'options.publicKey', /must be a public key: PEM/],
  [
    'a PEM with its line breaks lost',
    { ...rs256, publicKey: keys.pem.replaceAll('\n', '') },
    'options.publicKey',
    /must be a public key: PEM/,
  ],
  ['half a PEM', { ...rs256, publicKey: keys.pem.slice(0, 100) }, 'options.publicKey', /must be a public key: PEM/],
  ['bytes as key', { ...rs256, publicKey: new Uint8Array(32) }, 'options.publicKey', /received an object/],
  ['null as key', { ...rs256, publicKey: null }, 'options.publicKey', /received null/],
  [
    'a JWK without its modulus',
    { ...rs256, publicKey: { kty: 'RSA', e: 'AQAB' } },
    'options.publicKey',
    /must be a public key: PEM/,
  ],
  [
    'a private PEM',
    { ...rs256, publicKey: privatePem },
    'options.publicKey',
    /must be a public key \(received a private one\)/,
  ],
  ['a private JWK', { ...rs256, publicKey: privateJwk }, 'options.publicKey', /received a private one/],
  ['a private KeyObject', { ...rs256, publicKey: ec.privateKey }, 'options.publicKey', /received a private one/],
  ['a private CryptoKey', { ...rs256, publicKey: keys.privateKey }, 'options.publicKey', /received a private one/],
  ['a secret JWK', { ...rs256, publicKey: { kty: 'oct', k: 'AAAA' } }, 'options.publicKey', /received a secret one/],
  [
    'a secret KeyObject',
    { ...rs256, publicKey: createSecretKey(Buffer.alloc(32)) },
    'options.publicKey',
    /received a secret one/,
  ],
  ['an EC key for RS256', { ...rs256, publicKey: ec.publicKey }, 'options.publicKey', /cannot verify RS256/],
  ['a key on another curve', { ...es256, publicKey: ec.publicKey }, 'options.publicKey', /cannot verify ES256/],
  [
    'an algorithm that does not go with the key',
    { ...withKey, algorithms: ['RS256', 'ES256'] },
    'options.publicKey',
    /cannot verify ES256/,
  ],
  ['a CryptoKey for another hash', { ...rs256, publicKey: rs512 }, 'options.publicKey', /cannot verify RS256/],
  [
    'a JWK for another algorithm',
    { ...rs256, publicKey: { ...jwk, alg: 'RS512' } },
    'options.publicKey',
    /cannot verify RS256/,
  ],
  ['a JWK for encryption', { ...rs256, publicKey: { ...jwk, use: 'enc' } }, 'options.publicKey', /cannot verify RS256/],
  [
    'a JWK that may not verify',
    { ...rs256, publicKey: { ...jwk, key_ops: ['encrypt'] } },
    'options.publicKey',
    /cannot verify RS256/,
  ],
  ['an RSA key of 1024 bits', { ...rs256, publicKey: short.publicKey }, 'options.publicKey', /at least 2048 bits/],
  [
    'an RSA-PSS key',
    { ...rs256, algorithms: ['PS256'], publicKey: pss.publicKey },
    'options.publicKey',
    /must be a public key: PEM/,
  ],
]

test.each(mistakes)(
  'jwtUser() throws on %s, names the option and does not show its value',
  (_name, options, argument, message) => {
    let thrown: unknown
    try {
      jwtUser(options as never)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(TypeError)
    expect(thrown).toMatchObject({ code: 'invalid_argument', argument, message: expect.stringMatching(message) })
    for (const secret of ['hunter2', 'thirty-two', privatePem.split('\n')[3], privateJwk.d])
      expect(String(thrown)).not.toContain(secret)
  },
)

test('an option that is undefined counts as left out', () => {
  expect(
    jwtUser({
      ...withKey,
      secret: undefined,
      clockTolerance: undefined,
      claims: undefined,
      token: undefined,
      map: undefined,
    }),
  ).toBeInstanceOf(Function)
  expect(jwtUser({ ...rs256, publicKey: { ...jwk, d: undefined } as never })).toBeInstanceOf(Function)
})

test('options.jwksUrl may be https, or http to loopback', () => {
  for (const jwksUrl of [
    'https://issuer.example/.well-known/jwks.json',
    new URL('https://issuer.example/keys?tenant=1'),
    'http://localhost:1/',
    'http://127.0.0.1:1/',
    'http://[::1]:1/',
  ])
    expect(jwtUser({ ...rs256, jwksUrl })).toBeInstanceOf(Function)
})

test('the options are copied, and what the app passed is not frozen', async () => {
  const algorithms: ('RS256' | 'RS512')[] = ['RS256']
  const issuer = ['https://issuer.example']
  const publicKey = createPublicKey(keys.pem).export({ format: 'jwk' })
  jwtUser({ ...rs256, issuer, algorithms, publicKey: publicKey as typeof jwk })
  // jose freezes the JWK that it receives.
  expect([Object.isFrozen(publicKey), Object.isFrozen(issuer), Object.isFrozen(algorithms)]).toEqual([
    false,
    false,
    false,
  ])
})
