import { exactBytes } from '../bytes.ts'
import { describeType, invalidArgument } from '../errors.ts'

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
