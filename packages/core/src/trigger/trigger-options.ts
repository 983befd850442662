import { invalidArgument, typeName } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { assertTimeout } from '../send/deadline.ts'

export interface TriggerOptions {
  /** The socket id of a connection that does not get the event, usually the one that caused it. `pusher` protocol only. */
  readonly socketId?: string | undefined
  /** Gives the trigger up. The event may have been sent by then. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for this trigger, instead of the client's `timeout`. */
  readonly timeout?: number | undefined
}

const optionNames: Record<keyof TriggerOptions, true> = { socketId: true, signal: true, timeout: true }

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertTriggerOptions(options: TriggerOptions): void {
  assertOptions(options, 'options', optionNames)
  const { signal, timeout } = options
  if (timeout !== undefined) assertTimeout(timeout, 'options.timeout')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument('options.signal', `must be an AbortSignal (got ${typeName(signal)})`)
}
