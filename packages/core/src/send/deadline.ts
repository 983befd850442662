import { invalidArgument, typeName } from '../errors.ts'

/** The longest that a timer can wait, in milliseconds: some 24.8 days. */
const longestTimer = 2 ** 31 - 1

/**
 * A time-out in milliseconds.
 * @throws {TypeError} if it is not a number from 1 to 2,147,483,647
 */
export function assertTimeout(value: unknown, argument: string): asserts value is number {
  if (typeof value !== 'number' || !(value >= 1 && value <= longestTimer))
    throw invalidArgument(
      argument,
      `must be a number of milliseconds from 1 to ${longestTimer} (got ${typeName(value)})`,
    )
}

export class DeadlinePassed extends Error {
  override readonly name: string = 'DeadlinePassed'
}

/**
 * Runs `work` with a signal that fires after `timeout` milliseconds or with the caller's own signal. The timer ends
 * with the work.
 * @throws {DeadlinePassed} when the time is over; whatever the caller's signal was aborted with; what `work` throws
 */
export async function withDeadline<T>(
  timeout: number,
  callersSignal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  callersSignal?.throwIfAborted()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new DeadlinePassed(`no answer within ${timeout} ms`)), timeout)
  const signal = callersSignal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, callersSignal])
  try {
    return await work(signal)
  } catch (error) {
    // A transport may wrap the reason of the signal, or throw one of its own.
    throw signal.aborted ? signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}
