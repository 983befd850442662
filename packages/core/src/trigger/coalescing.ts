import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { maxBatch } from './protocol.ts'

/** How long events wait for others to share a request with. */
export interface Coalescing {
  /** Milliseconds that an event waits at the most, 0 to 1000. Default: 0, what is triggered in the same moment. */
  readonly maxDelay?: number | undefined
  /** How many events a request carries at the most, 2 to 10. Default: 10. */
  readonly maxSize?: number | undefined
}

const optionNames: Record<keyof Coalescing, true> = { maxDelay: true, maxSize: true }

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertCoalescing(value: unknown, argument: string): asserts value is Coalescing {
  assertOptions(value, argument, optionNames)
  const { maxDelay = 0, maxSize = maxBatch } = value as Coalescing
  if (typeof maxDelay !== 'number' || !(maxDelay >= 0 && maxDelay <= 1000))
    throw invalidArgument(
      `${argument}.maxDelay`,
      `must be a number of milliseconds from 0 to 1000 (got ${describeType(maxDelay)})`,
    )
  if (!Number.isInteger(maxSize) || maxSize < 2 || maxSize > maxBatch)
    throw invalidArgument(
      `${argument}.maxSize`,
      `must be a whole number from 2 to ${maxBatch} (got ${describeType(maxSize)})`,
    )
}
