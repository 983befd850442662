import { sha256Hex } from '#primitives'
import { describeType, invalidArgument } from '../errors.ts'

/**
 * SHA-256 of a string's UTF-8 bytes, as lower-case hex.
 *
 * A hash hides nothing that can be guessed: an e-mail address or a phone number is found again by hashing all of them.
 *
 * @param str the text
 * @param length how many hex digits to keep; all 64 when left out or larger
 * @throws {TypeError} (as a rejection) if `str` is not a string or `length` is not a whole number of at least 0
 */
export async function getHashServer(str: string, length?: number): Promise<string> {
  if (typeof str !== 'string') throw invalidArgument('str', `must be a string (got ${describeType(str)})`)
  if (length !== undefined && !(Number.isInteger(length) && length >= 0))
    throw invalidArgument('length', `must be a whole number of at least 0 (got ${describeType(length)})`)
  return sha256Hex(str).slice(0, length)
}
