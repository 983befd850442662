import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions, assertTimeout } from '../internal/validate.ts'
import type { ChannelCount } from './protocols/protocol.ts'
import { assertDeliveryMode, type DeliveryMode } from './retry.ts'

/** Time limits and retries of one call. */
export interface CallPolicy {
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Milliseconds for the whole call, attempts and waits. */
  readonly deadline: number
  /** Most attempts after the first. */
  readonly retries: number
  /** When the call ends at the latest, by `performance.now()`. Default: `deadline` after its first request begins. */
  readonly end?: number | undefined
  readonly delivery: DeliveryMode
  readonly signal: AbortSignal | undefined
}

/** The policy of a call that begins at `start`, for all of its requests. */
export function startDeadline(policy: CallPolicy, start: number): CallPolicy {
  if (policy.end !== undefined) return policy
  const { timeout, deadline, retries, delivery, signal } = policy
  return { timeout, deadline, retries, end: start + deadline, delivery, signal }
}

/** Time limits of one call. */
export interface CallOptions {
  /** Aborts the call. The service may have processed it already. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for one attempt: 1 to 2147483647. Default: the client's `timeout`. */
  readonly timeout?: number | undefined
  /** Milliseconds for the whole call, attempts and waits together: 1 to 2147483647. Default: the client's `deadline`. */
  readonly deadline?: number | undefined
}

/** Options of a batch. */
export interface BatchOptions extends CallOptions {
  /** `'at-least-once'`: an event may arrive twice rather than not at all. Default: the client's `delivery`. */
  readonly delivery?: DeliveryMode | undefined
}

/** Options of a trigger. */
export interface TriggerOptions extends BatchOptions {
  /**
   * Socket id of a connection that does not receive the event, usually the one that caused it. Requires
   * `protocol: 'pusher'`. Default: none.
   */
  readonly socketId?: string | undefined
  /**
   * Counts to return for each channel: `subscription_count`, its connections; `user_count`, its members, only of
   * `presence-` channels. Requires `protocol: 'pusher'`. Default: none.
   */
  readonly info?: readonly ChannelCount[] | undefined
}

const callOptionNames: Record<keyof CallOptions, true> = { signal: true, timeout: true, deadline: true }
const batchOptionNames: Record<keyof BatchOptions, true> = { ...callOptionNames, delivery: true }
const userEventOptionNames: Record<keyof Omit<TriggerOptions, 'info'>, true> = { ...batchOptionNames, socketId: true }
const optionNames: Record<keyof TriggerOptions, true> = { ...userEventOptionNames, info: true }

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertTriggerOptions(options: TriggerOptions): void {
  assertOptions(options, 'options', optionNames)
  assertBatchPolicy(options)
}

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertUserEventOptions(options: Omit<TriggerOptions, 'info'>): void {
  assertOptions(options, 'options', userEventOptionNames)
  assertBatchPolicy(options)
}

/**
 * `socketId` and `info` are properties of each event of a batch.
 * @throws {TypeError} naming the option that is malformed or unknown
 */
export function assertBatchOptions(options: BatchOptions): void {
  assertOptions(options, 'options', batchOptionNames)
  assertBatchPolicy(options)
}

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertCallOptions(options: CallOptions): void {
  assertOptions(options, 'options', callOptionNames)
  assertBatchPolicy(options)
}

/** @throws {TypeError} naming the option that is malformed */
export function assertBatchPolicy({ signal, timeout, deadline, delivery }: BatchOptions): void {
  if (timeout !== undefined) assertTimeout(timeout, 'options.timeout')
  if (deadline !== undefined) assertTimeout(deadline, 'options.deadline')
  if (delivery !== undefined) assertDeliveryMode(delivery, 'options.delivery')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument('options.signal', `must be an AbortSignal (received ${describeType(signal)})`)
}

/**
 * The policy of a call: its own options, and the client's for the rest.
 * @param start when the call began. Default: now
 */
export function resolvePolicy(
  { timeout, deadline, delivery, signal }: BatchOptions,
  clients: CallPolicy,
  start: number = performance.now(),
): CallPolicy {
  if ((timeout ?? deadline ?? delivery ?? signal) === undefined) return clients
  return {
    timeout: timeout ?? clients.timeout,
    deadline: deadline ?? clients.deadline,
    end: deadline === undefined ? undefined : start + deadline,
    retries: clients.retries,
    delivery: delivery ?? clients.delivery,
    signal,
  }
}
