const firstInterval = 2_000
const longestInterval = 30_000

/** How long to leave a server alone that failed: 2 seconds, twice as long after each further failure, 30 at the most. */
export class BackOff {
  #failures = 0
  #until = 0

  /** Whether it is to be left alone. By a clock that nobody sets: a correction of the time must not prolong it. */
  get isOn(): boolean {
    return performance.now() < this.#until
  }

  failed(): void {
    this.#until = performance.now() + Math.min(longestInterval, firstInterval * 2 ** this.#failures++)
  }

  succeeded(): void {
    this.#failures = 0
  }
}
