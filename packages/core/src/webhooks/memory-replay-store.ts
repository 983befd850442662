import type { ReplayStore } from './replay-guard.ts'

/** The most webhooks that are remembered in memory: some 20 MB of them. */
const maxEntries = 100_000

interface Entry {
  readonly value: string
  /** As `Date.now()`. */
  readonly expires: number
}

/** One process's memory. Over {@link maxEntries} the oldest is forgotten; only webhooks that were well signed get here. */
export class MemoryReplayStore implements ReplayStore {
  /** In the order in which they came. */
  readonly #entries = new Map<string, Entry>()
  readonly #max: number

  constructor(max: number = maxEntries) {
    this.#max = max
  }

  setIfAbsent(id: string, value: string, ttlMs: number): string | undefined {
    const entry = this.#entries.get(id)
    if (entry !== undefined && entry.expires > Date.now()) return entry.value
    this.set(id, value, ttlMs)
    return undefined
  }

  set(id: string, value: string, ttlMs: number): void {
    const now = Date.now()
    this.#entries.delete(id)
    for (const [oldest, { expires }] of this.#entries)
      if (expires <= now || this.#entries.size >= this.#max) this.#entries.delete(oldest)
      else break
    this.#entries.set(id, { value, expires: now + ttlMs })
  }

  delete(id: string): void {
    this.#entries.delete(id)
  }
}
