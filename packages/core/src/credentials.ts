import { describeType, invalidArgument, malformed } from './errors.ts'

/** Ids and keys stand in paths, queries and signed strings, where nothing escapes them. */
export function assertIdentifier(value: unknown, argument: string): asserts value is string {
  // Not a dot first: `.` and `..` are not names in a path.
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot (got ${malformed(value)})`,
    )
}

export function assertSecret(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || value.length === 0)
    throw invalidArgument(argument, `must be a non-empty string (got ${describeType(value)})`)
}

/** A token is sent as a header: printable ASCII alone, or a line end in it would begin another header. */
export function assertToken(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || !/^[!-~]{1,4096}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 4096 printable ASCII characters without spaces (got ${malformed(value)})`,
    )
}
