import { invalidArgument, typeName } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { assertTimeout } from '../timeout.ts'
import { assertRetryMode, type RetryMode } from './retry.ts'
import type { Patience } from './service.ts'

export interface TriggerOptions {
  /** The socket id of a connection that does not get the event, usually the one that caused it. `pusher` protocol only. */
  readonly socketId?: string | undefined
  /** Gives the trigger up. The event may have been sent by then. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for one attempt of this trigger, instead of the client's `timeout`. */
  readonly timeout?: number | undefined
  /** Milliseconds for this trigger in all, attempts and waits together, instead of the client's `deadline`. */
  readonly deadline?: number | undefined
  /** `'at-least-once'`: this event may arrive twice rather than not at all. Instead of the client's `retry`. */
  readonly retry?: RetryMode | undefined
}

const optionNames: Record<keyof TriggerOptions, true> = {
  socketId: true,
  signal: true,
  timeout: true,
  deadline: true,
  retry: true,
}

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertTriggerOptions(options: TriggerOptions): void {
  assertOptions(options, 'options', optionNames)
  const { signal, timeout, deadline, retry } = options
  if (timeout !== undefined) assertTimeout(timeout, 'options.timeout')
  if (deadline !== undefined) assertTimeout(deadline, 'options.deadline')
  if (retry !== undefined) assertRetryMode(retry, 'options.retry')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument('options.signal', `must be an AbortSignal (got ${typeName(signal)})`)
}

/** What a call may take: what its options say, else what the client's do. */
export function patienceOf({ timeout, deadline, retry, signal }: TriggerOptions, clients: Patience): Patience {
  if ((timeout ?? deadline ?? retry ?? signal) === undefined) return clients
  return {
    timeout: timeout ?? clients.timeout,
    deadline: deadline ?? clients.deadline,
    retries: clients.retries,
    retry: retry ?? clients.retry,
    signal,
  }
}
