import { invalidArgument, typeName } from './errors.ts'

/**
 * Refuses anything but an object with known keys, by name: a misspelt option that is ignored is a decision nobody made.
 * @throws {TypeError}
 */
export function assertOptions(options: unknown, what: string, known: readonly string[]): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidArgument(what, `must be an object (got ${typeName(options)})`)
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw invalidArgument(what, `has no option '${key}'; it knows ${known.join(', ')}`)
}
