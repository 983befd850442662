import { invalidArgument } from '@pingerchips/core/adapter'
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose'
import type { JwtAlgorithm } from './algorithms.ts'
import { isPrivate, jwkFits, jwkWeakness } from './public-key.ts'

/**
 * Finds the key for a token's header. The header is not trusted: `kid` selects among the configured keys, and `jku`,
 * `x5u`, `jwk` and `x5c` are ignored (RFC 8725, section 3.10).
 */
export type KeyFinder = JWTVerifyGetKey<CryptoKey>

/** A JSON Web Key Set without the keys that are unusable. */
export class KeySet {
  /** The usable keys. */
  readonly keys: JSONWebKeySet
  /** The unusable keys that a listed algorithm would use, each with the reason. */
  readonly unusable: readonly { readonly key: JWK; readonly reason: string }[]
  /** Finds among the keys without `kid`, for tokens whose `kid` no key has. */
  readonly #unnamed: ReturnType<typeof createLocalJWKSet>

  /** @throws if `jwks` is no JSON Web Key Set */
  constructor(jwks: unknown, algorithms: readonly JwtAlgorithm[]) {
    const { keys } = createLocalJWKSet(jwks as JSONWebKeySet).jwks()
    this.unusable = keys.flatMap((key) => {
      const reason = algorithms.some((name) => jwkFits(key, name)) ? jwkWeakness(key) : undefined
      return reason === undefined ? [] : [{ key, reason }]
    })
    const unusable = new Set(this.unusable.map(({ key }) => key))
    this.keys = { keys: keys.filter((key) => !unusable.has(key)) }
    this.#unnamed = createLocalJWKSet({ keys: this.keys.keys.filter(({ kid }) => kid === undefined) })
  }

  /**
   * Finds the key of a token for which no key has the right `kid`: among the keys without `kid`.
   * @throws an error that names an unusable key, if the token selects one; else `error`
   */
  async findUnnamed(error: unknown, ...[header, token]: Parameters<KeyFinder>): Promise<CryptoKey> {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    const { kid, ...unnamed } = header
    try {
      return await this.#unnamed(unnamed, token)
    } catch (other) {
      if (!(other instanceof errors.JWKSNoMatchingKey)) throw other
    }
    const found = this.unusable.find(
      ({ key }) =>
        jwkFits(key, header.alg as JwtAlgorithm) && (kid === undefined || key.kid === undefined || key.kid === kid),
    )
    throw found === undefined
      ? error
      : new Error(`The key set contains an unusable key: ${describeKey(found.key)} ${found.reason}.`)
  }
}

/**
 * The keys of a JSON Web Key Set that the app has.
 * @throws {TypeError} naming `options.jwks`
 */
export function localKeys(jwks: unknown, algorithms: readonly JwtAlgorithm[]): KeyFinder {
  const argument = 'options.jwks'
  const set = read(jwks, algorithms)
  if (set === undefined) throw invalidArgument(argument, 'must be a JSON Web Key Set: { keys: [ … ] }')
  if ([...set.keys.keys, ...set.unusable.map(({ key }) => key)].some(isPrivate))
    throw invalidArgument(argument, 'must contain only public keys.')
  const [unusable] = set.unusable
  if (unusable !== undefined)
    throw invalidArgument(argument, `contains an unusable key: ${describeKey(unusable.key)} ${unusable.reason}.`)
  if (!set.keys.keys.some((key) => algorithms.some((name) => jwkFits(key, name))))
    throw invalidArgument(argument, `contains no key that verifies ${algorithms.join(', ')}.`)
  const find = createLocalJWKSet(set.keys)
  return (header, token) => find(header, token).catch((error) => set.findUnnamed(error, header, token))
}

function read(jwks: unknown, algorithms: readonly JwtAlgorithm[]): KeySet | undefined {
  try {
    return new KeySet(jwks, algorithms)
  } catch {
    return undefined
  }
}

function describeKey({ kid }: JWK): string {
  return typeof kid === 'string' ? `the key with kid ${JSON.stringify(kid.slice(0, 100))}` : 'the key without kid'
}
