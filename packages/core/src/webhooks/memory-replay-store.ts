import type { ReplayStore } from './replay-guard.ts'

/** Some 20 MB. */
const defaultLimit = 100_000

interface Entry {
  readonly value: string
  /** As `Date.now()`. */
  readonly expires: number
}

/** Memory of one process. At its limit it drops the oldest entry. Only webhooks with a valid signature are stored. */
export class MemoryReplayStore implements ReplayStore {
  /** In the order in which they were set. */
  readonly #entries = new Map<string, Entry>()
  readonly #limit: number

  constructor(limit: number = defaultLimit) {
    this.#limit = limit
  }

  setIfAbsent(id: string, value: string, ttlMs: number): string | undefined {
    const before = this.#get(id)
    if (before === undefined) this.#set(id, value, ttlMs)
    return before
  }

  setIfEqual(id: string, expected: string, value: string, ttlMs: number): boolean {
    const isEqual = this.#get(id) === expected
    if (isEqual) this.#set(id, value, ttlMs)
    return isEqual
  }

  deleteIfEqual(id: string, expected: string): void {
    if (this.#get(id) === expected) this.#entries.delete(id)
  }

  #get(id: string): string | undefined {
    const entry = this.#entries.get(id)
    return entry !== undefined && entry.expires > Date.now() ? entry.value : undefined
  }

  #set(id: string, value: string, ttlMs: number): void {
    const now = Date.now()
    this.#entries.delete(id)
    for (const [oldest, { expires }] of this.#entries)
      if (expires <= now || this.#entries.size >= this.#limit) this.#entries.delete(oldest)
      else break
    this.#entries.set(id, { value, expires: now + ttlMs })
  }
}
