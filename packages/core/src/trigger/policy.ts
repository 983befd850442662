import type { DeliveryMode } from './retry.ts'

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
