import { createPublicKey } from 'node:crypto'
import { exportJWK, generateKeyPair, importSPKI } from 'jose'
import { describe, expect, test } from 'vitest'
import { type JwtAlgorithm, type JwtUserOptions, jwtUser, type PublicKeyAlgorithm } from '../src/index.ts'
import { bearing } from './endpoint.ts'
import { audience, certificate, issuer, keySet, keys, rs256, signed } from './tokens.ts'

async function subject(options: JwtUserOptions<unknown, unknown, unknown>, token: string): Promise<unknown> {
  const codes: string[] = []
  const user = jwtUser({ ...options, onReject: ({ code }) => codes.push(code) })
  const result = await user({}, bearing(token))
  return codes[0] ?? (result as { sub: unknown }).sub
}

const jwk = await exportJWK(keys.publicKey)
const unexportable = await importSPKI(keys.pem, 'RS256', { extractable: false })

describe('a public key may be', () => {
  const forms: Record<string, unknown> = {
    PEM: keys.pem,
    'PEM with Windows line breaks and space around it': `\r\n${keys.pem.replaceAll('\n', '\r\n')}\r\n`,
    'a JWK': jwk,
    'a JWK with alg, use and key_ops': {
      ...jwk,
      alg: 'RS256',
      use: 'sig',
      key_ops: ['verify'],
      kid: 'another',
      ext: true,
    },
    'a KeyObject': createPublicKey(keys.pem),
    'a PEM whose line breaks are the two characters \\n': keys.pem.replaceAll('\n', '\\n'),
    'a PEM with \\r\\n as four characters, in quotes': `"${keys.pem.replaceAll('\n', '\\r\\n')}"`,
    'a CryptoKey': keys.publicKey,
    'a CryptoKey that cannot be exported': unexportable,
  }
  test.each(Object.entries(forms))('%s', async (_name, publicKey) => {
    const options = { ...rs256, publicKey: publicKey as string }
    expect(await subject(options, await signed())).toBe('ada')
    expect(await subject(options, await signed({}, { alg: 'RS256' }))).toBe('ada')
  })

  test('PEM of PKCS #1', async () => {
    const publicKey = createPublicKey(keys.pem).export({ type: 'pkcs1', format: 'pem' }) as string
    expect(await subject({ ...rs256, publicKey }, await signed())).toBe('ada')
  })

  test('a certificate', async () => {
    const token =
      'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEiLCJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoiY2hhdCIsImV4cCI6NDAwMDAwMDAwMH0.' +
      'RcsuTGyRoh4T7f7g-9tPT38q7Bh6ORDZtuZ6LL4Yz0MdRq43C-yGsNHrvWAp6Sd_p8hGv1v95lS3Tpj6PtPg0Q'
    expect(await subject({ ...rs256, algorithms: ['ES256'], publicKey: certificate }, token)).toBe('ada')
    expect(await subject({ ...rs256, algorithms: ['ES256'], publicKey: certificate }, await signed())).toBe(
      'ERR_JOSE_ALG_NOT_ALLOWED',
    )
  })
})

test.each<PublicKeyAlgorithm>([
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
])('%s verifies, by a JWK, a CryptoKey and a key set', async (alg) => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const token = await signed({}, { alg, kid: undefined }, privateKey)
  const options = { issuer, audience, algorithms: [alg] }
  const jwk = await exportJWK(publicKey)
  expect(await subject({ ...options, publicKey: jwk }, token)).toBe('ada')
  expect(await subject({ ...options, publicKey }, token)).toBe('ada')
  expect(await subject({ ...options, jwks: { keys: [jwk] } }, token)).toBe('ada')
  const other = alg === 'ES256' ? 'RS256' : 'ES256'
  const others = { keys: [jwk, ...(await keySet()).keys, await exportJWK((await generateKeyPair('ES256')).publicKey)] }
  expect(await subject({ ...options, algorithms: [other], jwks: others }, token)).toBe('ERR_JOSE_ALG_NOT_ALLOWED')
})

test('one RSA key may verify several algorithms', async () => {
  const algorithms = ['RS256', 'PS256'] as const
  expect(await subject({ ...rs256, algorithms, publicKey: keys.pem }, await signed())).toBe('ada')
})

describe('a secret', () => {
  const rows: [JwtAlgorithm & `HS${string}`, string | Uint8Array][] = [
    ['HS256', 'a secret of thirty-two characters'],
    ['HS256', new Uint8Array(32).fill(7)],
    ['HS256', 'ü'.repeat(16)],
    ['HS384', 'x'.repeat(48)],
    ['HS512', Buffer.alloc(64, 1)],
  ]
  test.each(rows)('verifies %s', async (alg, secret) => {
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
    const options = { issuer, audience, algorithms: [alg], secret }
    const token = await signed({}, { alg }, bytes)
    expect(await subject(options, token)).toBe('ada')
    const other = await signed({}, { alg }, new Uint8Array(bytes.length))
    expect(await subject(options, other)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    expect(await subject(options, await signed())).toBe('ERR_JOSE_ALG_NOT_ALLOWED')
  })

  test('is copied', async () => {
    const secret = new Uint8Array(32).fill(7)
    const user = jwtUser({ issuer, audience, algorithms: ['HS256'], secret })
    const token = await signed({}, { alg: 'HS256' }, Uint8Array.from(secret))
    secret.fill(0)
    expect(await user({}, bearing(token))).toMatchObject({ sub: 'ada' })
  })
})

test('a key set is copied, and kid selects the key', async () => {
  const other = await generateKeyPair('RS256')
  const jwks = { keys: [...(await keySet('one')).keys, ...(await keySet('two', other.publicKey)).keys] }
  const user = jwtUser({ ...rs256, jwks })
  const options = { ...rs256, jwks: structuredClone(jwks) }
  jwks.keys.length = 0
  expect(await user({}, bearing(await signed()))).toMatchObject({ sub: 'ada' })
  expect(await subject(options, await signed({}, { kid: 'two' }, other.privateKey))).toBe('ada')
  expect(await subject(options, await signed({}, { kid: 'two' }))).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
  expect(await subject(options, await signed({}, { kid: 'three' }))).toBe('ERR_JWKS_NO_MATCHING_KEY')
  expect(await subject(options, await signed({}, { kid: 'constructor' }))).toBe('ERR_JWKS_NO_MATCHING_KEY')
})
