import { describeType, invalidArgument } from '../errors.ts'

/** A property of the object itself: never what it inherits, which a request's body may have tampered with. */
export function ownProperty(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
}

/** Whether it is an object, and no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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
  if (text === undefined)
    throw invalidArgument(argument, `must be JSON (got ${describeType(value)}); use null for nothing`)
  return text
}

/** The value of a JSON text; `otherwise` if the text is not JSON. */
export function parseJson(text: string, otherwise?: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}
