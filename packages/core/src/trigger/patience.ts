import type { RetryMode } from './retry.ts'

/** How long and how often one call may try. */
export interface Patience {
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Milliseconds for all of it, attempts and waits. */
  readonly deadline: number
  /** How many attempts there may be after the first. */
  readonly retries: number
  /** When all of it ends at the latest, by `performance.now()`. Default: `deadline` after a request was begun. */
  readonly end?: number | undefined
  readonly retry: RetryMode
  readonly signal: AbortSignal | undefined
}

/** The patience of a call that has begun, for however many requests it takes. */
export function begun(patience: Patience, start: number): Patience {
  if (patience.end !== undefined) return patience
  const { timeout, deadline, retries, retry, signal } = patience
  return { timeout, deadline, retries, end: start + deadline, retry, signal }
}
