import { invalidArgument } from '@pingerchips/core/adapter'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { JwtAlgorithm } from './algorithms.ts'
import type { KeyFinder } from './key-source.ts'
import { isPrivate, jwkFits } from './public-key.ts'

/**
 * The keys of a JSON Web Key Set that the app has at hand.
 * @throws {TypeError} naming `options.jwks`
 */
export function localKeys(jwks: unknown, algorithms: readonly JwtAlgorithm[]): KeyFinder {
  const argument = 'options.jwks'
  const find = keySet(jwks)
  if (find === undefined) throw invalidArgument(argument, 'must be a JSON Web Key Set: { keys: [ … ] }')
  const { keys } = find.jwks()
  if (keys.some(isPrivate)) throw invalidArgument(argument, 'must hold public keys only')
  if (!keys.some((key) => algorithms.some((name) => jwkFits(key, name))))
    throw invalidArgument(argument, `holds no key that verifies ${algorithms.join(', ')}`)
  return find
}

function keySet(jwks: unknown): ReturnType<typeof createLocalJWKSet> | undefined {
  try {
    return createLocalJWKSet(jwks as JSONWebKeySet)
  } catch {
    return undefined
  }
}
