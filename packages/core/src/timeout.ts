import { describeType, invalidArgument } from './errors.ts'

/** The longest that a timer can wait, in milliseconds: some 24.8 days. */
const longestTimer = 2 ** 31 - 1

/**
 * A time in milliseconds.
 * @throws {TypeError} if it is not a number from 1 to 2,147,483,647
 */
export function assertTimeout(value: unknown, argument: string): asserts value is number {
  if (typeof value !== 'number' || !(value >= 1 && value <= longestTimer))
    throw invalidArgument(
      argument,
      `must be a number of milliseconds from 1 to ${longestTimer} (got ${typeof value === 'number' ? 'another' : describeType(value)})`,
    )
}
