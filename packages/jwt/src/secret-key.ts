import { describeType, invalidArgument } from '@pingerchips/core/adapter'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'

/**
 * A secret as bytes of its own, so that nobody can change it behind our back.
 * @throws {TypeError} naming `options.secret`: one shorter than the hash is one to guess (RFC 7518, section 3.2)
 */
export function toSecretKey(value: unknown, algorithms: readonly JwtAlgorithm[]): Uint8Array {
  const argument = 'options.secret'
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw invalidArgument(argument, `must be a string or a Uint8Array (got ${describeType(value)})`)
  if (typeof value === 'string' && value.includes('-----BEGIN '))
    throw invalidArgument(argument, 'must not be a PEM key: who has the public one could sign; use options.publicKey')
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value)
  for (const name of algorithms) {
    const { minBytes = 0 } = algorithm(name)
    if (bytes.length < minBytes)
      throw invalidArgument(argument, `must be at least ${minBytes} bytes for ${name} (RFC 7518, section 3.2)`)
  }
  return bytes
}
