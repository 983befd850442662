const windowMs = 1000

/** So many in any one second, counted from the first of them. */
export class RateLimit {
  readonly #limit: number
  readonly #now: () => number
  #start = Number.NEGATIVE_INFINITY
  #taken = 0

  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Takes `count` at once, or none of them and answers false. */
  take(count: number): boolean {
    const now = this.#now()
    // A clock that was set back must not lock the window for good.
    if (now - this.#start >= windowMs || now < this.#start) {
      this.#start = now
      this.#taken = 0
    }
    if (this.#taken + count > this.#limit) return false
    this.#taken += count
    return true
  }
}
