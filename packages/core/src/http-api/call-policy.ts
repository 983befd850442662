import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions, assertTimeout } from '../internal/validate.ts'
import { assertDeliveryMode, type DeliveryMode } from './retry.ts'

/** How long and how often one call may try. */
export interface CallPolicy {
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Milliseconds for all of it, attempts and waits. */
  readonly deadline: number
  /** How many attempts there may be after the first. */
  readonly retries: number
  /** When all of it ends at the latest, by `performance.now()`. Default: `deadline` after a request was startDeadline. */
  readonly end?: number | undefined
  readonly delivery: DeliveryMode
  readonly signal: AbortSignal | undefined
}

/** The policy of a call that has startDeadline, for however many requests it takes. */
export function startDeadline(policy: CallPolicy, start: number): CallPolicy {
  if (policy.end !== undefined) return policy
  const { timeout, deadline, retries, delivery, signal } = policy
  return { timeout, deadline, retries, end: start + deadline, delivery, signal }
}

/** How long one call may take. */
export interface CallOptions {
  /** Gives the call up. What it asks for may have been done by then. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for one attempt of this call, instead of the client's `timeout`: 1 to 2147483647. */
  readonly timeout?: number | undefined
  /** Milliseconds for this call in all, attempts and waits together, instead of the client's `deadline`: 1 to 2147483647. */
  readonly deadline?: number | undefined
}

/** How one event is sent. */
export interface TriggerOptions extends CallOptions {
  /** The socket id of a connection that does not get the event, usually the one that caused it. `pusher` protocol only. */
  readonly socketId?: string | undefined
  /** `'at-least-once'`: this event may arrive twice rather than not at all. Instead of the client's `retry`. */
  readonly delivery?: DeliveryMode | undefined
}

const callOptionNames: Record<keyof CallOptions, true> = { signal: true, timeout: true, deadline: true }
const batchOptionNames: Record<keyof Omit<TriggerOptions, 'socketId'>, true> = { ...callOptionNames, delivery: true }
const optionNames: Record<keyof TriggerOptions, true> = { ...batchOptionNames, socketId: true }

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertTriggerOptions(options: TriggerOptions): void {
  assertOptions(options, 'options', optionNames)
  assertTimes(options)
  if (options.delivery !== undefined) assertDeliveryMode(options.delivery, 'options.delivery')
}

/**
 * The options of several events together: whom to leave out is said with each.
 * @throws {TypeError} naming the option that is malformed or unknown
 */
export function assertBatchOptions(options: Omit<TriggerOptions, 'socketId'>): void {
  assertOptions(options, 'options', batchOptionNames)
  assertTriggerOptions(options)
}

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertCallOptions(options: CallOptions): void {
  assertOptions(options, 'options', callOptionNames)
  assertTimes(options)
}

function assertTimes({ signal, timeout, deadline }: CallOptions): void {
  if (timeout !== undefined) assertTimeout(timeout, 'options.timeout')
  if (deadline !== undefined) assertTimeout(deadline, 'options.deadline')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument('options.signal', `must be an AbortSignal (got ${describeType(signal)})`)
}

/** What a call may take: what its options say, else what the client's do. */
export function resolvePolicy(
  { timeout, deadline, delivery, signal }: TriggerOptions,
  clients: CallPolicy,
): CallPolicy {
  if ((timeout ?? deadline ?? delivery ?? signal) === undefined) return clients
  return {
    timeout: timeout ?? clients.timeout,
    deadline: deadline ?? clients.deadline,
    end: deadline === undefined ? undefined : performance.now() + deadline,
    retries: clients.retries,
    delivery: delivery ?? clients.delivery,
    signal,
  }
}
