import { describeType, invalidArgument } from '../errors.ts'

/** An own property of an object, never an inherited one: the body of a request may have tampered with the prototype. */
export function ownProperty(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
}

/** Whether a value is an object and not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Converts a value to JSON text.
 * @throws {TypeError} if it is not JSON: `undefined`, a function, a circular structure, a BigInt
 */
export function jsonText(value: unknown, argument: string): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // The engine's message may quote the data.
    throw invalidArgument(argument, 'must be JSON, without circular references, BigInts and a toJSON() that throws')
  }
  if (text === undefined)
    throw invalidArgument(argument, `must be JSON (received ${describeType(value)}). Use null for no data`)
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
