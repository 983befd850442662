import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'
import { exportJWK, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type JwtRejection, jwtUser, type PublicKeyAlgorithm } from '../src/index.ts'
import { bearing } from './endpoint.ts'
import {
  audience,
  base64url,
  certificate,
  claimsWith,
  issuer,
  type KeyServer,
  keys,
  signed,
  startKeyServer,
} from './tokens.ts'

const rsa = createPublicKey(keys.pem)
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const p256 = ec('P-256')
const ed25519 = generateKeyPairSync('ed25519')

const invalid = (argument: string, message: RegExp) =>
  expect.objectContaining({
    name: 'TypeError',
    code: 'invalid_argument',
    argument,
    message: expect.stringMatching(message),
  })

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')
const der = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki') => key.export({ type: type as 'spki', format: 'der' })
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string
const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as JWK
const point = ({ x = '', y = '' }: JWK) =>
  Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
const sshName = Buffer.from('ssh-ed25519')
const ssh = Buffer.concat([
  Buffer.of(0, 0, 0, sshName.length),
  sshName,
  Buffer.of(0, 0, 0, 32),
  Buffer.from(jwk(ed25519.publicKey).x ?? '', 'base64url'),
])

describe('an asymmetric key or certificate given as the HMAC secret is refused', () => {
  const forms: Readonly<Record<string, string | Uint8Array>> = {
    'an RSA PEM': keys.pem,
    'an EC PEM': pem(p256.publicKey),
    'an Ed25519 PEM': pem(ed25519.publicKey),
    'a PKCS #1 PEM': rsa.export({ type: 'pkcs1', format: 'pem' }) as string,
    'a certificate': certificate,
    'a private PEM': ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    'a PEM without its last line break': keys.pem.trim(),
    'a PEM with \\n as two characters': keys.pem.replaceAll('\n', '\\n'),
    'a PEM in quotes': JSON.stringify(keys.pem),
    'a PEM in UTF-16': Buffer.from(keys.pem, 'utf16le'),
    'a PEM with a byte order mark': `\uFEFF${keys.pem}`,
    'a PEM in base64': base64(keys.pem),
    'a PEM without its first and last line': keys.pem.replaceAll(/-----.*-----/g, ''),
    'a PEM without its first and last line and line breaks': keys.pem.replaceAll(/-----.*-----|\n/g, ''),
    'an RSA SPKI in DER': der(rsa),
    'an EC SPKI in DER': der(p256.publicKey),
    'an Ed25519 SPKI in DER': der(ed25519.publicKey),
    'a PKCS #1 DER': der(rsa, 'pkcs1'),
    'a certificate in DER': Buffer.from(certificate.replaceAll(/-----.*-----|\n/g, ''), 'base64'),
    'an SPKI in DER with a line break behind it': Buffer.concat([der(rsa), Buffer.from('\n')]),
    'a DER in hex': hex(der(rsa)),
    'a DER in base64url': der(rsa).toString('base64url'),
    'a JWK': JSON.stringify(jwk(rsa)),
    'an EC JWK, indented': JSON.stringify(jwk(p256.publicKey), null, 2),
    'an OKP JWK': JSON.stringify(jwk(ed25519.publicKey)),
    'a JWK in base64': base64(JSON.stringify(jwk(rsa))),
    'a key set': JSON.stringify({ keys: [jwk(rsa)] }),
    'a key set with a secret too': JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }, jwk(rsa)] }),
    'a PEM, percent-encoded': encodeURIComponent(keys.pem).replaceAll('-', '%2D'),
    'a PEM with other dashes': keys.pem.replaceAll('-', '–'),
    'a PEM with line breaks escaped twice': keys.pem.replaceAll(/-----.*-----/g, '').replaceAll('\n', '\\\\n'),
    'a PEM in base64, twice': base64(base64(keys.pem)),
    'a PEM in a data URI': `data:application/x-pem-file;base64,${base64(keys.pem)}`,
    'a DER behind a prefix': `base64:${base64(der(rsa))}`,
    'a DER in hex with colons': hex(der(rsa)).replaceAll(/..(?!$)/g, '$&:'),
    'a DER in hex behind 0x': `0x${hex(der(rsa))}`,
    'a certificate in x5c': JSON.stringify({ x5c: [certificate.replaceAll(/-----.*-----|\n/g, '')] }),
    'an encrypted private key in DER': ed25519.privateKey.export({
      ...({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc' } as const),
      passphrase: 'x',
    }),
    'a JWK as JSON of JSON': JSON.stringify(JSON.stringify(jwk(rsa))),
    'a JWK in YAML': Object.entries(jwk(p256.publicKey))
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    'a JWK, percent-encoded': encodeURIComponent(JSON.stringify(jwk(rsa))),
    'an XML key': `<RSAKeyValue><Modulus>${jwk(rsa).n}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>`,
    'an OpenSSH key': `ssh-ed25519 ${base64(ssh)} ada@example.com`,
    'an OpenSSH key, its base64 alone': base64(ssh),
    'a P-256 point': point(jwk(p256.publicKey)),
    'a P-384 point in base64': base64(point(jwk(ec('P-384').publicKey))),
    'a P-521 point in hex': hex(point(jwk(ec('P-521').publicKey))),
  }
  const each = Object.entries(forms).flatMap(([name, form]) => [
    [`${name}, as ${typeof form === 'string' ? 'a string' : 'a Buffer'}`, form] as const,
    [
      `${name}, as a Uint8Array`,
      typeof form === 'string' ? new TextEncoder().encode(form) : Uint8Array.from(form),
    ] as const,
  ])
  test.each(each)('%s', (_name, secret) => {
    expect(() => jwtUser({ issuer, audience, algorithms: ['HS256'], secret })).toThrow(
      invalid('options.secret', /must be a shared secret .* everyone can sign/),
    )
    // The length of the secret is checked beside it, not instead of it.
    expect(() => jwtUser({ issuer, audience, algorithms: ['HS256'], secret, allowShortSecret: true })).toThrow(
      /shared secret/,
    )
  })

  test.each(['publicKey', 'CryptoKey', 'KeyObject'])('%s is no string or bytes', (form) => {
    const secret = { publicKey: jwk(rsa), CryptoKey: keys.publicKey, KeyObject: rsa }[form] as never
    expect(() => jwtUser({ issuer, audience, algorithms: ['HS256'], secret })).toThrow(
      invalid('options.secret', /Uint8Array/),
    )
  })

  test('random secrets in every encoding are accepted', () => {
    for (let i = 0; i < 300; i++) {
      const bytes = webcrypto.getRandomValues(new Uint8Array(32 + (i % 70)))
      for (const secret of [bytes, hex(bytes), base64(bytes), Buffer.from(bytes).toString('base64url')])
        expect(() => jwtUser({ issuer, audience, algorithms: ['HS256'], secret })).not.toThrow()
    }
    const oct = JSON.stringify({ kty: 'oct', k: base64url('x'.repeat(32)) })
    expect(() => jwtUser({ issuer, audience, algorithms: ['HS256'], secret: oct })).not.toThrow()
  })
})

/** The bytes of -1 behind a modulus: a point that is not on the curve. */
const offCurve = (key: JWK): JWK => {
  const y = Buffer.from(key.y ?? '', 'base64url')
  y.writeUInt8(y.readUInt8(y.length - 1) ^ 1, y.length - 1)
  return { ...key, y: y.toString('base64url') }
}
const rsaOf = (modulusLength: number, publicExponent = 65_537) =>
  jwk(generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey)
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

const weak: readonly [name: string, alg: PublicKeyAlgorithm, key: JWK, reason: RegExp][] = [
  ...(['AQ', 'Ag', 'Aw', 'BQ', 'EQ', '__8', 'AQAC', 'AAAAAQ'] as const).map(
    (e): [string, PublicKeyAlgorithm, JWK, RegExp] => [
      `an RSA key with exponent ${Buffer.from(e, 'base64url').readUIntBE(0, Buffer.from(e, 'base64url').length)} (${e})`,
      'RS256',
      { ...jwk(rsa), e },
      /odd exponent of at least 65537/,
    ],
  ),
  ['an RSA key of 1024 bits', 'RS256', rsaOf(1024), /at least 2048 bits \(received 1024\)/],
  ['an RSA key of 2040 bits', 'PS256', rsaOf(2040), /at least 2048 bits \(received 2040\)/],
  ['an RSA key with exponent 3', 'PS512', rsaOf(2048, 3), /odd exponent of at least 65537 \(received 3\)/],
  [
    'an RSA key of 1024 bits with zeros in front',
    'RS256',
    (({ n = '', ...rest }) => ({
      ...rest,
      n: Buffer.concat([Buffer.alloc(128), Buffer.from(n, 'base64url')]).toString('base64url'),
    }))(rsaOf(1024)),
    /at least 2048 bits/,
  ],
  ['a P-256 point that is not on the curve', 'ES256', offCurve(jwk(p256.publicKey)), /malformed/],
  ['a P-384 point that is not on the curve', 'ES384', offCurve(jwk(ec('P-384').publicKey)), /malformed/],
  ['a P-521 point that is not on the curve', 'ES512', offCurve(jwk(ec('P-521').publicKey)), /malformed/],
  ['the point (0, 0)', 'ES256', { ...jwk(p256.publicKey), x: 'A'.repeat(43), y: 'A'.repeat(43) }, /malformed/],
  ['a point of another curve', 'ES256', { ...jwk(ec('P-384').publicKey), crv: 'P-256' }, /malformed/],
  ['an EC key without y', 'ES256', { kty: 'EC', crv: 'P-256', x: jwk(p256.publicKey).x as string }, /malformed/],
  ...smallOrder.map((x): [string, PublicKeyAlgorithm, JWK, RegExp] => [
    `the Ed25519 point ${x.slice(0, 4)}…${x.slice(-2)} of small order`,
    'EdDSA',
    { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x, 'hex').toString('base64url') },
    /small order/,
  ]),
]

describe('a weak public key is refused when jwtUser() is called', () => {
  test.each(weak)('%s', async (_name, alg, key, reason) => {
    const options = { issuer, audience, algorithms: [alg] }
    const refused = (argument: string) => invalid(argument, reason)
    expect(() => jwtUser({ ...options, publicKey: key })).toThrow(refused('options.publicKey'))
    expect(() => jwtUser({ ...options, jwks: { keys: [{ ...key, kid: 'weak' }] } })).toThrow(refused('options.jwks'))
    const good = (await exportJWK(keys.publicKey)) as JWK
    const set = {
      keys: [
        { ...good, kid: 'good' },
        { ...key, kid: 'weak' },
      ],
    }
    expect(() => jwtUser({ ...options, algorithms: [...options.algorithms, 'RS512'], jwks: set })).toThrow(/kid "weak"/)
    let object: KeyObject
    try {
      object = createPublicKey({ key: { ...key }, format: 'jwk' })
    } catch {
      return
    }
    for (const publicKey of [object, pem(object)])
      expect(() => jwtUser({ ...options, publicKey })).toThrow(refused('options.publicKey'))
    const usage = { RS256: 'RSASSA-PKCS1-v1_5', PS256: 'RSA-PSS', PS512: 'RSA-PSS', EdDSA: 'Ed25519' }[alg as string]
    if (usage === undefined) return
    const hash = alg === 'PS512' ? 'SHA-512' : 'SHA-256'
    for (const extractable of [true, false]) {
      const publicKey = await webcrypto.subtle.importKey('jwk', key, { name: usage, hash }, extractable, ['verify'])
      expect(() => jwtUser({ ...options, publicKey })).toThrow(refused('options.publicKey'))
    }
  })

  test('unless no algorithm of the list would use it', async () => {
    const good = { ...(await exportJWK(keys.publicKey)), kid: 'one' }
    const others = [{ ...rsaOf(1024), use: 'enc' }, { ...rsaOf(1024), alg: 'RSA-OAEP' }, offCurve(jwk(p256.publicKey))]
    const user = jwtUser({ issuer, audience, algorithms: ['RS256'], jwks: { keys: [good, ...others] } })
    expect(await user({}, bearing(await signed()))).toMatchObject({ sub: 'ada' })
  })
})

describe('a weak key of a key server', () => {
  let server: KeyServer
  let set: JWK[] = []
  beforeAll(async () => {
    server = await startKeyServer(() => ({ keys: set }))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test.each(weak)(
    '%s refuses its tokens with a clear cause, and other keys stay usable',
    async (_name, alg, key, reason) => {
      set = [
        { ...key, kid: 'weak' },
        { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256' },
      ]
      const rejections: JwtRejection[] = []
      const algorithms = alg === 'RS256' ? [alg] : ([alg, 'RS256'] as const)
      const onReject = (rejection: JwtRejection) => rejections.push(rejection)
      const user = jwtUser({ issuer, audience, algorithms, jwksUrl: server.url, onReject })
      const forged = `${base64url({ alg, kid: 'weak' })}.${base64url(claimsWith({ sub: 'root' }))}.AQ`
      expect(await user({}, bearing(forged))).not.toHaveProperty('sub')
      const message = expect.stringMatching(new RegExp(`kid "weak" .*${reason.source}`))
      expect(rejections).toMatchObject([{ code: 'key_unusable', cause: { message } }])
      expect(await user({}, bearing(await signed()))).toMatchObject({ sub: 'ada' })
    },
  )

  test('a private key in the set is not used, and the cause does not show it', async () => {
    const privateJwk = await exportJWK(keys.privateKey)
    set = [{ ...privateJwk, kid: 'one' }]
    const rejections: JwtRejection[] = []
    const onReject = (rejection: JwtRejection) => rejections.push(rejection)
    const user = jwtUser({ issuer, audience, algorithms: ['RS256'], jwksUrl: server.url, onReject })
    await user({}, bearing(await signed()))
    expect(rejections).toMatchObject([{ code: 'key_unusable' }])
    expect(String(rejections[0]?.cause)).not.toContain(privateJwk.d)
  })
})

test('a token that was forged for an RSA key with exponent 1 is accepted by jose alone, and not by jwtUser()', async () => {
  const { jwtVerify } = await import('jose')
  const key: JWK = { ...jwk(rsa), e: 'AQ' }
  const input = `${base64url({ alg: 'RS256' })}.${base64url(claimsWith({ sub: 'root' }))}`
  const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', Buffer.from(input)))
  // The padding of RFC 8017, section 9.2: with exponent 1, it is its own signature.
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest])
  const padded = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(256 - info.length - 3, 0xff), Buffer.of(0), info])
  const token = `${input}.${padded.toString('base64url')}`
  expect((await jwtVerify(token, key, { algorithms: ['RS256'] })).payload.sub).toBe('root')
  expect(() => jwtUser({ issuer, audience, algorithms: ['RS256'], publicKey: key })).toThrow(/exponent/)
})
