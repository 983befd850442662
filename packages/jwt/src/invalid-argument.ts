/**
 * The `TypeError` for an option that is missing, malformed or unknown. As those of `@pingerchips/core` it has the code
 * `invalid_argument` and the argument's name, and never repeats the value, which may be a secret.
 */
class InvalidArgument extends TypeError {
  readonly code: string = 'invalid_argument'
  readonly argument: string

  constructor(argument: string, expected: string) {
    super(`${argument} ${expected}`)
    this.argument = argument
  }
}

/** Makes the `TypeError` for `argument`; `expected` goes on from its name: "must be …". */
export function invalidArgument(argument: string, expected: string): TypeError {
  return new InvalidArgument(argument, expected)
}

/** Names a value's type for an error message, never the value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty string'
  if (value === undefined) return 'undefined'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
