import { describeType, invalidArgument } from '@pingerchips/core/adapter'

/** HS256, HS384 and HS512: whoever can verify can sign. */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512'
/** The others: verified with a key that may be published. The ML-DSA ones need a runtime that has them, as Node 24.7. */
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
/** A signature algorithm, by its name in a token's `alg`. */
export type JwtAlgorithm = SecretAlgorithm | PublicKeyAlgorithm

/** What a key must be to verify with an algorithm. */
interface Row {
  /** Who has the key: both sides (`secret`), or one signs and all verify (`public`). */
  readonly key: 'secret' | 'public'
  /** `secret`: how long it must be, in bytes: the length of the hash (RFC 7518, section 3.2). */
  readonly minBytes?: number
  /** `public`: the key's type as a JWK (RFC 7517, section 4.1). */
  readonly kty?: 'RSA' | 'EC' | 'OKP' | 'AKP'
  /** `public`: the key's curve as a JWK. */
  readonly crv?: string
  /** `public`: the key's algorithm as a `CryptoKey`. */
  readonly name?: string
  readonly hash?: string
}

/** Every signature algorithm that jose has. `none` is not one (RFC 8725, section 3.2). */
const table: Readonly<Record<JwtAlgorithm, Row>> = {
  HS256: { key: 'secret', minBytes: 32 },
  HS384: { key: 'secret', minBytes: 48 },
  HS512: { key: 'secret', minBytes: 64 },
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
}

export function algorithm(name: JwtAlgorithm): Row {
  return table[name]
}

/**
 * Refuses anything but a list of algorithms of one kind. One kind, since a verifier of both takes a public key for a
 * secret that everybody knows (RFC 8725, section 2.1).
 * @throws {TypeError} naming `options.algorithms`
 */
export function assertAlgorithms(names: unknown): asserts names is readonly JwtAlgorithm[] {
  const argument = 'options.algorithms'
  if (!Array.isArray(names) || names.length === 0)
    throw invalidArgument(argument, `must be a non-empty array such as ['RS256'] (got ${describeType(names)})`)
  for (const name of names)
    if (typeof name !== 'string' || !Object.hasOwn(table, name))
      throw invalidArgument(argument, `must list only ${Object.keys(table).join(', ')} (got ${shown(name)})`)
  if (new Set(names.map((name: JwtAlgorithm) => table[name].key)).size > 1)
    throw invalidArgument(argument, 'must not list HS256, HS384 or HS512 beside an asymmetric algorithm')
}

/** What looks like an algorithm's name is no secret, and says more than its type. */
function shown(name: unknown): string {
  return typeof name === 'string' && /^[\w-]{1,20}$/.test(name) ? `'${name}'` : describeType(name)
}
