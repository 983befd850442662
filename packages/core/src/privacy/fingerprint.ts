import { hmacSha256 } from '#primitives'
import { describeType, invalidArgument } from '../errors.ts'
import { exactBytes } from '../internal/bytes.ts'
import { assertOptions } from '../internal/validate.ts'

/** What a fingerprint is made with. */
export interface FingerprintOptions {
  /**
   * The key: a secret string of at least 16 bytes. Another salt gives other fingerprints, which nothing links to these:
   * change it each day and nobody is recognised tomorrow. Whoever has it can try out who a fingerprint is.
   */
  readonly salt: string
  /** How many hex digits to keep, 1 to 64. 16 tell millions of visitors apart. Default: 64. */
  readonly length?: number | undefined
}

const optionNames: Record<keyof FingerprintOptions, true> = { salt: true, length: true }
const allDigits = 64

/**
 * One pseudonym for several texts together, such as an anonymized address and a user agent: HMAC-SHA256 with the salt as
 * its key, as lower-case hex.
 *
 * Promises: the same parts and salt give the same fingerprint; other parts, or the same ones divided or ordered
 * otherwise, another one: `('ab', 'c')` is not `('a', 'bc')`. Without the salt nobody can compute one, or try out what it
 * was made of.
 *
 * Does not promise: anonymity. Whoever has the salt finds a phone number, an e-mail address or an IP address again by
 * hashing all of them: a hash of a phone number is not anonymous. While the salt stays, it follows its person as a name
 * does. A short `length` makes strangers share one.
 *
 * What is hashed, in UTF-8: the number of parts and `:`, then each part as a netstring (`2:ab,`). `['ab', 'c']` is
 * `2:2:ab,1:c,`.
 *
 * @param parts at least one text; an empty one counts. Put `?? ''` where there may be none
 * @throws {TypeError} naming the part or the option that is missing, malformed or unknown, never its value
 */
export function fingerprint(parts: readonly string[], options: FingerprintOptions): string {
  if (!Array.isArray(parts) || parts.length === 0)
    throw invalidArgument('parts', `must be an array of at least one string (got ${kindOfParts(parts)})`)
  assertOptions(options, 'options', optionNames)
  const { salt, length = allDigits } = options
  assertSalt(salt, 'options.salt')
  if (!(Number.isInteger(length) && length >= 1 && length <= allDigits))
    throw invalidArgument(
      'options.length',
      `must be a whole number from 1 to ${allDigits} (got ${describeType(length)})`,
    )
  // Array.from, which does not pass over the holes of an array.
  return hmacSha256(salt)(`${parts.length}:${Array.from(parts, netstring).join('')}`).slice(0, length)
}

/** @see https://cr.yp.to/proto/netstrings.txt */
function netstring(part: unknown, index: number): string {
  if (typeof part !== 'string') throw invalidArgument(`parts[${index}]`, `must be a string (got ${describeType(part)})`)
  // UTF-8 has no lone surrogates: every one of them would become the same U+FFFD.
  if (!part.isWellFormed()) throw invalidArgument(`parts[${index}]`, 'must be well-formed: it has a lone surrogate')
  return `${exactBytes(part)}:${part},`
}

function kindOfParts(parts: unknown): string {
  return Array.isArray(parts) ? 'none' : describeType(parts)
}

const leastBytes = 16

/**
 * A salt is what stands between a hash and whoever tries every address or phone number there is.
 * @throws {TypeError} if it is not a string of at least 16 bytes of UTF-8; never with its value
 */
export function assertSalt(value: unknown, argument: string): asserts value is string {
  if (typeof value === 'string' && value.isWellFormed() && exactBytes(value) >= leastBytes) return
  throw invalidArgument(
    argument,
    `must be a string of at least ${leastBytes} bytes that nobody can guess (got ${kindOf(value)}); make one with: openssl rand -base64 32`,
  )
}

function kindOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') return describeType(value)
  return value.isWellFormed() ? `${exactBytes(value)} bytes` : 'text with a lone surrogate'
}
