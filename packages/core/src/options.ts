import { describeType, invalidArgument } from './errors.ts'
import { isRecord } from './json.ts'

/**
 * Refuses anything but an object with known keys, by name: a misspelt option that is ignored is a decision nobody made.
 * `known` is typed by the options' interface where it is made, so that an option forgotten there does not compile.
 * @throws {TypeError}
 */
export function assertOptions(
  options: unknown,
  what: string,
  known: Readonly<Record<string, true>>,
): asserts options is object {
  if (!isRecord(options)) throw invalidArgument(what, `must be an object (got ${describeType(options)})`)
  for (const key of Object.keys(options))
    if (!Object.hasOwn(known, key))
      throw invalidArgument(what, `has no option '${key}'; it knows ${Object.keys(known).join(', ')}`)
}
