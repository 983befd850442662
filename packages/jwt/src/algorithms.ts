import { describeType, invalidArgument } from '@pingerchips/core/adapter'

/** HMAC algorithms. A party that can verify with the secret can also sign. */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512'
/** Asymmetric signature algorithms. The ML-DSA ones need a runtime that has them, such as Node 24.7. */
export type PublicKeyAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'
/** Content encryption algorithms of encrypted tokens (`enc`, RFC 7518, section 5.1). Their `alg` is `dir`. */
export type EncryptionAlgorithm =
  | 'A128CBC-HS256'
  | 'A192CBC-HS384'
  | 'A256CBC-HS512'
  | 'A128GCM'
  | 'A192GCM'
  | 'A256GCM'
/** The name of an algorithm: a token's `alg`, or the `enc` of an encrypted token. */
export type JwtAlgorithm = SecretAlgorithm | PublicKeyAlgorithm | EncryptionAlgorithm

/** The key that an algorithm needs. */
interface Row {
  readonly key: 'secret' | 'public' | 'encryption'
  /** Length of the key in bytes: the minimum of a secret (RFC 7518, section 3.2), the exact one of an encryption key. */
  readonly bytes?: number
  /** Key type of a public key as a JWK (RFC 7517, section 4.1). */
  readonly kty?: 'RSA' | 'EC' | 'OKP' | 'AKP'
  /** Curve of a public key as a JWK. */
  readonly crv?: string
  /** Algorithm and hash of a public key as a `CryptoKey`. */
  readonly name?: string
  readonly hash?: string
}

/** All algorithms of jose but those that encrypt keys. `none` is not among them (RFC 8725, section 3.2). */
const table: Readonly<Record<JwtAlgorithm, Row>> = {
  HS256: { key: 'secret', bytes: 32 },
  HS384: { key: 'secret', bytes: 48 },
  HS512: { key: 'secret', bytes: 64 },
  RS256: { key: 'public', kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  RS384: { key: 'public', kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  RS512: { key: 'public', kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  PS256: { key: 'public', kty: 'RSA', name: 'RSA-PSS', hash: 'SHA-256' },
  PS384: { key: 'public', kty: 'RSA', name: 'RSA-PSS', hash: 'SHA-384' },
  PS512: { key: 'public', kty: 'RSA', name: 'RSA-PSS', hash: 'SHA-512' },
  ES256: { key: 'public', kty: 'EC', crv: 'P-256', name: 'ECDSA' },
  ES384: { key: 'public', kty: 'EC', crv: 'P-384', name: 'ECDSA' },
  ES512: { key: 'public', kty: 'EC', crv: 'P-521', name: 'ECDSA' },
  EdDSA: { key: 'public', kty: 'OKP', crv: 'Ed25519', name: 'Ed25519' },
  Ed25519: { key: 'public', kty: 'OKP', crv: 'Ed25519', name: 'Ed25519' },
  'ML-DSA-44': { key: 'public', kty: 'AKP', name: 'ML-DSA-44' },
  'ML-DSA-65': { key: 'public', kty: 'AKP', name: 'ML-DSA-65' },
  'ML-DSA-87': { key: 'public', kty: 'AKP', name: 'ML-DSA-87' },
  'A128CBC-HS256': { key: 'encryption', bytes: 32 },
  'A192CBC-HS384': { key: 'encryption', bytes: 48 },
  'A256CBC-HS512': { key: 'encryption', bytes: 64 },
  A128GCM: { key: 'encryption', bytes: 16 },
  A192GCM: { key: 'encryption', bytes: 24 },
  A256GCM: { key: 'encryption', bytes: 32 },
}

export function algorithm(name: JwtAlgorithm): Row {
  return table[name]
}

/**
 * Asserts a non-empty list of algorithms that use the same kind of key. A verifier that accepts HMAC and signatures
 * would take a public key for a secret (RFC 8725, section 2.1).
 * @throws {TypeError} naming `options.algorithms`
 */
export function assertAlgorithms(names: unknown): asserts names is readonly JwtAlgorithm[] {
  const argument = 'options.algorithms'
  if (!Array.isArray(names) || names.length === 0)
    throw invalidArgument(argument, `must be a non-empty array such as ['RS256'] (received ${describeType(names)}).`)
  for (const name of names)
    if (typeof name !== 'string' || !Object.hasOwn(table, name))
      throw invalidArgument(argument, `must list only ${Object.keys(table).join(', ')} (received ${shown(name)}).`)
  const kinds = new Set(names.map((name: JwtAlgorithm) => table[name].key))
  if (kinds.size > 1)
    throw invalidArgument(
      argument,
      `must not mix algorithms of different kinds of keys (received ${names.join(', ')}).`,
    )
}

/** Shows a name, which is no secret, if it looks like one of an algorithm. */
function shown(name: unknown): string {
  return typeof name === 'string' && /^[\w-]{1,20}$/.test(name) ? `'${name}'` : describeType(name)
}
