import { createPublicKey, KeyObject } from 'node:crypto'
import { describeType, invalidArgument } from '@pingerchips/core/adapter'
import type { CryptoKey, JWK } from 'jose'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'

const argument = 'options.publicKey'
/** RFC 7518, section 3.3. */
const minRsaBits = 2048
/** FIPS 186-5, section 5.1. With an exponent of 1, a signature is the padded message itself: no private key is needed. */
const minRsaExponent = 65_537n

/**
 * The Ed25519 points of order 1, 2, 4 and 8, but for the sign bit (libsodium, `ge25519_has_small_order`). A public key
 * among them accepts signatures that were made without a private key.
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/**
 * Reads a public key at once, so that a malformed, weak or unsuitable one is an error at start and not at the first
 * request.
 * @throws {TypeError} naming `options.publicKey`
 */
export function toPublicKey(value: unknown, algorithms: readonly JwtAlgorithm[]): JWK | CryptoKey {
  const key = isCryptoKey(value) ? publicCryptoKey(value) : publicJwk(value)
  const unfit = algorithms.find((name) => !(isCryptoKey(key) ? cryptoKeyFits(key, name) : jwkFits(key, name)))
  if (unfit !== undefined) throw invalidArgument(argument, `cannot verify ${unfit}, which options.algorithms lists.`)
  const weakness = isCryptoKey(key) ? cryptoKeyWeakness(key) : jwkWeakness(key)
  if (weakness !== undefined) throw invalidArgument(argument, `${weakness}.`)
  return key
}

/** Whether an algorithm can verify with a key, and the key allows it (RFC 7517, sections 4.2 to 4.4). */
export function jwkFits({ kty, crv, alg, use, key_ops }: JWK, name: JwtAlgorithm): boolean {
  const row = algorithm(name)
  return (
    kty === row.kty &&
    (row.crv === undefined || crv === row.crv) &&
    (alg === undefined ? kty !== 'AKP' : alg === name) &&
    (use === undefined || use === 'sig') &&
    (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify')))
  )
}

/** Whether a JWK holds a secret or private part (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
export function isPrivate(jwk: object): boolean {
  const { d, priv, k } = jwk as { d?: unknown; priv?: unknown; k?: unknown }
  return d !== undefined || priv !== undefined || k !== undefined
}

/** Returns what makes a JWK unusable: malformed, private, too short, off its curve. `undefined` if nothing does. */
export function jwkWeakness(jwk: JWK): string | undefined {
  if (isPrivate(jwk)) return 'must be a public key (received a private one)'
  let key: KeyObject
  try {
    // OpenSSL also checks that an EC point is on its curve.
    key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return 'is malformed, or not on its curve'
  }
  return keyObjectWeakness(key)
}

function keyObjectWeakness(key: KeyObject): string | undefined {
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined && publicExponent !== undefined) return rsaWeakness(modulusLength, publicExponent)
  return key.asymmetricKeyType === 'ed25519' ? ed25519Weakness(key.export({ format: 'jwk' }).x ?? '') : undefined
}

function rsaWeakness(bits: number, exponent: bigint): string | undefined {
  if (bits < minRsaBits) return `must be an RSA key of at least ${minRsaBits} bits (received ${bits})`
  if (exponent < minRsaExponent || exponent % 2n === 0n)
    return `must be an RSA key with an odd exponent of at least ${minRsaExponent} (received ${exponent})`
  return undefined
}

function ed25519Weakness(x: string): string | undefined {
  const point = Buffer.from(x, 'base64url')
  if (point.length === 32) point.writeUInt8(point.readUInt8(31) & 0x7f, 31)
  return smallOrderPoints.has(point.toString('hex')) ? 'must not be an Ed25519 point of small order' : undefined
}

function publicCryptoKey(key: CryptoKey): CryptoKey {
  if (key.type !== 'public') throw notPublic(key.type)
  return key
}

function cryptoKeyFits({ algorithm: found, usages }: CryptoKey, name: JwtAlgorithm): boolean {
  const { hash, namedCurve } = found as { hash?: { name: string }; namedCurve?: string }
  const row = algorithm(name)
  return (
    found.name === row.name &&
    hash?.name === row.hash &&
    (namedCurve === undefined || namedCurve === row.crv) &&
    usages.includes('verify')
  )
}

function cryptoKeyWeakness(key: CryptoKey): string | undefined {
  const { modulusLength, publicExponent } = key.algorithm as { modulusLength?: number; publicExponent?: Uint8Array }
  if (modulusLength !== undefined && publicExponent !== undefined)
    return rsaWeakness(modulusLength, BigInt(`0x0${Buffer.from(publicExponent).toString('hex')}`))
  return key.algorithm.name === 'Ed25519' ? keyObjectWeakness(KeyObject.from(key)) : undefined
}

function publicJwk(value: unknown): JWK {
  if (value instanceof KeyObject) {
    if (value.type !== 'public') throw notPublic(value.type)
    return exported(value)
  }
  if (typeof value === 'string') {
    // createPublicKey would accept a private key, and the app would keep a secret where it expects none.
    if (value.includes('PRIVATE KEY')) throw notPublic('private')
    return exported(read(() => createPublicKey(unescaped(value))))
  }
  if (typeof value !== 'object' || value === null || !('kty' in value)) throw malformed(describeType(value))
  if (isPrivate(value)) throw notPublic(value.kty === 'oct' ? 'secret' : 'private')
  const jwk = value as JWK
  const { alg, use, key_ops } = jwk
  return {
    ...exported(read(() => createPublicKey({ key: { ...jwk }, format: 'jwk' }))),
    ...(alg !== undefined && { alg }),
    ...(use !== undefined && { use }),
    ...(key_ops !== undefined && { key_ops: [...key_ops] }),
  }
}

/** Env files and consoles keep the line breaks of a PEM as the two characters `\n`, and quotes around it. */
function unescaped(pem: string): string {
  return pem
    .replace(/^\s*["']|["']\s*$/g, '')
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
}

function exported(key: KeyObject): JWK {
  return read(() => key.export({ format: 'jwk' })) as JWK
}

/** Replaces the errors of OpenSSL, which do not say which option is wrong. */
function read<T>(key: () => T): T {
  try {
    return key()
  } catch {
    throw malformed('a malformed or unsupported one')
  }
}

function isCryptoKey(value: unknown): value is CryptoKey {
  // By its tag: some runtimes have no global class, or more than one.
  return Object.prototype.toString.call(value) === '[object CryptoKey]'
}

function notPublic(type: string): TypeError {
  return invalidArgument(argument, `must be a public key (received a ${type} one).`)
}

function malformed(received: string): TypeError {
  return invalidArgument(
    argument,
    `must be a public key: PEM (BEGIN PUBLIC KEY or BEGIN CERTIFICATE), a JWK, a KeyObject or a CryptoKey (received ${received}).`,
  )
}
