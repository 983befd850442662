/** Above this number of subscribers a change is announced with a delay, together with later changes. */
const immediateLimit = 100
const delayMs = 5000

/**
 * Announces numbers of subscribers. As in the hosted Pusher service, channels with many subscribers are announced at
 * most every 5 seconds: each announcement goes to all of them.
 */
export class SubscriptionCounts {
  readonly #announce: (channel: string) => void
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(announce: (channel: string) => void) {
    this.#announce = announce
  }

  changed(channel: string, count: number): void {
    if (count <= immediateLimit) {
      clearTimeout(this.#timers.get(channel))
      this.#timers.delete(channel)
      this.#announce(channel)
    } else if (!this.#timers.has(channel)) {
      const timer = setTimeout(() => {
        this.#timers.delete(channel)
        this.#announce(channel)
      }, delayMs)
      this.#timers.set(channel, timer.unref())
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
