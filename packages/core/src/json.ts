import { invalidArgument, typeName } from './errors.ts'

/**
 * `value` as JSON text.
 * @throws {TypeError} if it is not JSON: `undefined`, a function, a circle, a BigInt
 */
export function jsonText(value: unknown, argument: string): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // The engine's message may quote the data.
    throw invalidArgument(argument, 'cannot be written as JSON: it holds itself, a BigInt, or a toJSON that throws')
  }
  if (text === undefined) throw invalidArgument(argument, `must be JSON (got ${typeName(value)}); use null for nothing`)
  return text
}
