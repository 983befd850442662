import { hmacSha256 } from '#primitives'
import { describeType, invalidArgument } from '../errors.ts'
import { exactBytes } from '../internal/bytes.ts'
import { assertInteger, assertOptions } from '../internal/validate.ts'

/** Fingerprint options. */
export interface FingerprintOptions {
  /**
   * The key: a secret string of at least 16 bytes. Fingerprints of different salts cannot be linked: with a new salt each
   * day, visitors are not recognised the next day. Anyone who has the salt can test candidates against a fingerprint.
   */
  readonly salt: string
  /** Number of hex digits to keep, 1 to 64. 16 distinguish millions of visitors. Default: 64. */
  readonly length?: number | undefined
}

const optionNames: Record<keyof FingerprintOptions, true> = { salt: true, length: true }
const allDigits = 64

/**
 * Computes one pseudonym of several texts, such as an anonymized address and a user agent: HMAC-SHA256 with the salt as its
 * key, as lower-case hex.
 *
 * - Equal parts and salts have equal fingerprints. Parts that are divided or ordered differently have different ones:
 *   `['ab', 'c']` and `['a', 'bc']`.
 * - Without the salt a fingerprint cannot be computed, and candidates cannot be tested.
 * - The result is not anonymous. Anyone who has the salt finds a phone number, an e-mail address or an IP address by hashing
 *   every candidate. While the salt stays the same, the fingerprint follows its person. A short `length` makes collisions.
 *
 * The hashed text in UTF-8 is the number of parts and `:`, then each part as a netstring: `2:2:ab,1:c,` for `['ab', 'c']`.
 *
 * @param parts at least one text. An empty text counts; write `?? ''` for a missing one
 * @throws {TypeError} naming the part or the option that is missing, malformed or unknown, never its value
 * @example
 * ```ts
 * import { anonymizeIp, fingerprint } from '@pingerchips/core'
 *
 * const salt = process.env.FINGERPRINT_SALT ?? ''
 * const visitor = (ip: string, agent: string) => fingerprint([anonymizeIp(ip), agent], { salt, length: 16 })
 * ```
 */
export function fingerprint(parts: readonly string[], options: FingerprintOptions): string {
  if (!Array.isArray(parts) || parts.length === 0)
    throw invalidArgument('parts', `must be an array of at least one string (received ${describeType(parts)})`)
  assertOptions(options, 'options', optionNames)
  const { salt, length = allDigits } = options
  assertSalt(salt, 'options.salt')
  assertInteger(length, 'options.length', 1, allDigits)
  // Array.from does not skip the holes of an array, as map does.
  return hmacSha256(salt)(`${parts.length}:${Array.from(parts, netstring).join('')}`).slice(0, length)
}

/** @see https://cr.yp.to/proto/netstrings.txt */
function netstring(part: unknown, index: number): string {
  if (typeof part !== 'string')
    throw invalidArgument(`parts[${index}]`, `must be a string (received ${describeType(part)})`)
  // UTF-8 has no lone surrogates: each would become U+FFFD.
  if (!part.isWellFormed()) throw invalidArgument(`parts[${index}]`, 'must be well-formed: it has a lone surrogate')
  return `${exactBytes(part)}:${part},`
}

const leastBytes = 16

/** @throws {TypeError} if it is not a string of at least 16 bytes of UTF-8, without its value */
export function assertSalt(value: unknown, argument: string): asserts value is string {
  if (typeof value === 'string' && value.isWellFormed() && exactBytes(value) >= leastBytes) return
  throw invalidArgument(
    argument,
    `must be a random string of at least ${leastBytes} bytes (received ${kindOf(value)}). Generate one with \`openssl rand -base64 32\``,
  )
}

function kindOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') return describeType(value)
  return value.isWellFormed() ? `${exactBytes(value)} bytes` : 'text with a lone surrogate'
}
