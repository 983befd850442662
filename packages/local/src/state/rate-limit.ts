const windowMs = 1000

/** A limit per second. The window starts with the first request after the previous window. */
export class RateLimit {
  readonly #limit: number
  readonly #now: () => number
  #start = Number.NEGATIVE_INFINITY
  #taken = 0

  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Takes `count` at once. Returns false, and takes none, if that exceeds the limit. */
  take(count: number): boolean {
    const now = this.#now()
    // A clock that was set back must not keep the window closed.
    if (now - this.#start >= windowMs || now < this.#start) {
      this.#start = now
      this.#taken = 0
    }
    if (this.#taken + count > this.#limit) return false
    this.#taken += count
    return true
  }
}
