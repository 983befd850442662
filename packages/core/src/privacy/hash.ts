import { hashHex } from '#primitives'
// By its path, since declarations are read without the `imports` of package.json.
import type { HashAlgorithm } from '../crypto/node.ts'
import { describeType, describeValue, invalidArgument } from '../errors.ts'
import { assertOptions } from '../internal/validate.ts'

/** Hash options. */
export interface HashOptions {
  /**
   * The hash algorithm. `md5` and `sha1` are for vendors that expect them: anyone can make two texts with one hash.
   * Default: `sha256`.
   */
  readonly algorithm?: HashAlgorithm | undefined
}

const optionNames: Record<keyof HashOptions, true> = { algorithm: true }
const algorithms: Record<HashAlgorithm, true> = { sha256: true, md5: true, sha1: true, sha384: true, sha512: true }

/**
 * Hashes a string's UTF-8 bytes, as lower-case hex. Compatible with `getHashServer` of `@walkeros/server-core`.
 *
 * A hash does not hide a value that can be guessed. An e-mail address or a phone number is found again by hashing every
 * candidate; use {@link fingerprint} with a secret salt instead.
 *
 * @param str the text
 * @param length number of hex digits to keep, an integer of at least 0. Default: all (64 for `sha256`)
 * @param options `algorithm`: `sha256` (default), `md5`, `sha1`, `sha384` or `sha512`
 * @throws {TypeError} (as a rejection) if an argument has another type, or the algorithm is unknown
 * @example
 * ```ts
 * import { getHashServer } from '@pingerchips/core'
 *
 * await getHashServer('hello', 8) // '2cf24dba'
 * await getHashServer('hello', 8, { algorithm: 'md5' }) // '5d41402a'
 * ```
 */
export async function getHashServer(str: string, length?: number, options: HashOptions = {}): Promise<string> {
  if (typeof str !== 'string') throw invalidArgument('str', `must be a string (received ${describeType(str)})`)
  if (length !== undefined && !(Number.isInteger(length) && length >= 0))
    throw invalidArgument('length', `must be an integer of at least 0 (received ${describeValue(length)})`)
  assertOptions(options, 'options', optionNames)
  const { algorithm = 'sha256' } = options
  if (typeof algorithm !== 'string' || !Object.hasOwn(algorithms, algorithm))
    throw invalidArgument('options.algorithm', `must be one of ${Object.keys(algorithms).join(', ')}`)
  return (await hashHex(algorithm, str)).slice(0, length)
}
