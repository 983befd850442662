import { invalidArgument } from '@pingerchips/core/adapter'
import {
  type CryptoKey,
  errors,
  type JWK,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  jwtDecrypt,
  jwtVerify,
} from 'jose'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'
import type { VerifiedToken } from './claims.ts'
import { type KeyFinder, localKeys } from './key-set.ts'
import type { KeySourceName } from './options.ts'
import { toPublicKey } from './public-key.ts'
import { remoteKeys } from './remote-key-set.ts'
import { toEncryptionKey, toSecretKey } from './secret-key.ts'

/** Verifies a token with the configured keys, and the claims that jose checks. Throws jose's errors. */
export type Verifier = (token: string, checks: JWTClaimVerificationOptions) => Promise<VerifiedToken>

type KeyOptionValues = { readonly [Name in KeySourceName | 'allowHttp' | 'allowShortSecret']?: unknown }

interface Source {
  readonly key: 'secret' | 'public' | 'encryption'
  verifier(options: KeyOptionValues, algorithms: readonly JwtAlgorithm[]): Verifier
}

/** Each source of keys: its option, the kind of its keys, and how it verifies. */
const sources: Readonly<Record<KeySourceName, Source>> = {
  jwksUrl: {
    key: 'public',
    verifier: (options, algorithms) =>
      signatureVerifier(remoteKeys(options.jwksUrl, algorithms, options.allowHttp === true), algorithms),
  },
  jwks: {
    key: 'public',
    verifier: ({ jwks }, algorithms) => signatureVerifier(localKeys(jwks, algorithms), algorithms),
  },
  secret: {
    key: 'secret',
    verifier: ({ secret, allowShortSecret }, algorithms) =>
      signatureVerifier(toSecretKey(secret, algorithms, allowShortSecret === true), algorithms),
  },
  publicKey: {
    key: 'public',
    verifier: ({ publicKey }, algorithms) => signatureVerifier(toPublicKey(publicKey, algorithms), algorithms),
  },
  encryptionKey: {
    key: 'encryption',
    verifier: ({ encryptionKey }, algorithms) => decrypter(toEncryptionKey(encryptionKey, algorithms), algorithms),
  },
}

const names = Object.keys(sources) as KeySourceName[]

/**
 * The verifier for the one source of keys in the options.
 * @throws {TypeError} naming the malformed option, or all sources if there is none or more than one
 */
export function createVerifier(options: KeyOptionValues, algorithms: readonly JwtAlgorithm[]): Verifier {
  const given = names.filter((name) => options[name] !== undefined)
  const [name] = given
  if (name === undefined || given.length > 1)
    throw invalidArgument(
      'options',
      `must have exactly one of ${names.join(', ')} (received ${given.join(', ') || 'none'}).`,
    )
  const unfit = algorithms.find((listed) => algorithm(listed).key !== sources[name].key)
  if (unfit !== undefined)
    throw invalidArgument('options.algorithms', `must not list ${unfit}, which does not go with options.${name}.`)
  return sources[name].verifier(options, algorithms)
}

/** Bounds the work for a token without `kid`: one RSA verification takes some 30 microseconds. */
const maxTriedKeys = 10

function signatureVerifier(key: KeyFinder | JWK | CryptoKey | Uint8Array, listed: readonly JwtAlgorithm[]): Verifier {
  const algorithms = [...listed]
  return async (token, checks) => {
    const options = { ...checks, algorithms }
    try {
      return verified(await jwtVerify(token, key as KeyFinder, options))
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      let tried = 0
      for await (const candidate of error) {
        if (++tried > maxTriedKeys) break
        try {
          return verified(await jwtVerify(token, candidate, options))
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }
}

function decrypter(key: Uint8Array, listed: readonly JwtAlgorithm[]): Verifier {
  const algorithms = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [...listed] }
  return async (token, checks) => verified(await jwtDecrypt(token, key, { ...checks, ...algorithms }))
}

function verified(result: { payload: JWTPayload; protectedHeader: { typ?: unknown } }): VerifiedToken {
  return { payload: result.payload, typ: result.protectedHeader.typ }
}
