import { createPublicKey, KeyObject } from 'node:crypto'
import { describeType, invalidArgument } from '@pingerchips/core/adapter'
import { base64url, type CryptoKey, type JWK } from 'jose'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'

const argument = 'options.publicKey'
const minRsaBits = 2048

/**
 * A public key as jose takes it on every runtime, read at once: a malformed one, or one that an algorithm of the list has
 * no use for, is an error when the app starts and not of its first user.
 *
 * @throws {TypeError} naming `options.publicKey`
 */
export function toPublicKey(value: unknown, algorithms: readonly JwtAlgorithm[]): JWK | CryptoKey {
  const key = isCryptoKey(value) ? publicCryptoKey(value) : publicJwk(value)
  const unfit = algorithms.find((name) => !(isCryptoKey(key) ? cryptoKeyFits(key, name) : jwkFits(key, name)))
  if (unfit !== undefined)
    throw invalidArgument(argument, `is not a key that verifies ${unfit}, which options.algorithms lists`)
  if (rsaBits(key) < minRsaBits)
    throw invalidArgument(argument, `must be an RSA key of at least ${minRsaBits} bits (RFC 7518, section 3.3)`)
  return key
}

/** Whether an algorithm verifies with a key, and the key lets it (RFC 7517, sections 4.2 to 4.4). */
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

/** Whether a JWK holds what only its owner may know (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
export function isPrivate(jwk: object): boolean {
  const { d, priv, k } = jwk as { d?: unknown; priv?: unknown; k?: unknown }
  return d !== undefined || priv !== undefined || k !== undefined
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

function publicJwk(value: unknown): JWK {
  if (value instanceof KeyObject) {
    if (value.type !== 'public') throw notPublic(value.type)
    return exported(value)
  }
  if (typeof value === 'string') {
    // createPublicKey would take the public half of it: the secret would lie where nobody expects one.
    if (value.includes('PRIVATE KEY')) throw notPublic('private')
    return exported(read(() => createPublicKey(value)))
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

function exported(key: KeyObject): JWK {
  return read(() => key.export({ format: 'jwk' })) as JWK
}

/** What OpenSSL says of a malformed key helps nobody. */
function read<T>(key: () => T): T {
  try {
    return key()
  } catch {
    throw malformed('something that cannot be read as one')
  }
}

function rsaBits(key: JWK | CryptoKey): number {
  if (isCryptoKey(key)) return (key.algorithm as { modulusLength?: number }).modulusLength ?? Number.POSITIVE_INFINITY
  if (key.kty !== 'RSA') return Number.POSITIVE_INFINITY
  const modulus = base64url.decode(key.n ?? '')
  return modulus.length * 8 - (Math.clz32(modulus[0] ?? 0) - 24)
}

function isCryptoKey(value: unknown): value is CryptoKey {
  // By its tag: not every runtime has the class as a global, nor only one of it.
  return Object.prototype.toString.call(value) === '[object CryptoKey]'
}

function notPublic(type: string): TypeError {
  return invalidArgument(argument, `must be a public key (got a ${type} one)`)
}

function malformed(got: string): TypeError {
  return invalidArgument(
    argument,
    `must be a public key: PEM (BEGIN PUBLIC KEY or BEGIN CERTIFICATE), a JWK, a KeyObject or a CryptoKey (got ${got})`,
  )
}
