import { invalidArgument } from '@pingerchips/core/adapter'
import type { CryptoKey, JWK, JWTVerifyGetKey } from 'jose'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'
import { localKeys } from './local-keys.ts'
import { toPublicKey } from './public-key.ts'
import { remoteKeys } from './remote-keys.ts'
import { toSecretKey } from './secret-key.ts'

/**
 * Finds the key for a token's header. Nothing of that header is trusted: `kid` chooses among the keys that the app named,
 * `jku`, `x5u`, `jwk` and `x5c` are not looked at (RFC 8725, section 3.10).
 */
export type KeyFinder = JWTVerifyGetKey<CryptoKey>

export type KeySource = KeyFinder | JWK | CryptoKey | Uint8Array

/** The options that say where keys come from. */
export type KeySourceName = 'jwksUrl' | 'jwks' | 'secret' | 'publicKey'

interface Source {
  readonly key: 'secret' | 'public'
  from(value: unknown, algorithms: readonly JwtAlgorithm[]): KeySource
}

/** Where keys can come from: the option's name, the algorithms it goes with, and what makes something of it. */
const sources: Readonly<Record<KeySourceName, Source>> = {
  jwksUrl: { key: 'public', from: remoteKeys },
  jwks: { key: 'public', from: localKeys },
  secret: { key: 'secret', from: toSecretKey },
  publicKey: { key: 'public', from: toPublicKey },
}

const names = Object.keys(sources) as KeySourceName[]

/**
 * The one source of keys that the options name.
 * @throws {TypeError} naming the option that is malformed, or all of them where there is none or more than one
 */
export function keySource(
  options: { readonly [Name in KeySourceName]?: unknown },
  algorithms: readonly JwtAlgorithm[],
): KeySource {
  const given = names.filter((name) => options[name] !== undefined)
  const [name] = given
  if (name === undefined || given.length > 1)
    throw invalidArgument('options', `must have exactly one of ${names.join(', ')} (got ${given.join(', ') || 'none'})`)
  const { key, from } = sources[name]
  const stranger = algorithms.find((listed) => algorithm(listed).key !== key)
  if (stranger !== undefined)
    throw invalidArgument('options.algorithms', `must not list ${stranger}, which is not for options.${name}`)
  return from(options[name], algorithms)
}
