/** Milliseconds that the last event of a cache channel is kept. */
const lifetimeMs = 30 * 60 * 1000
/** Channels whose last event is kept. The oldest event is dropped first. */
const channelLimit = 1000

/** The last event of a cache channel. */
export interface CachedEvent {
  /** The frame that subscribers received. */
  readonly frame: string
  readonly data: string
  /** Seconds until it is dropped, an integer. */
  readonly ttl: number
}

/** The last events of the cache channels of one app, by backends only. An event outlives its subscribers. */
export class EventCache {
  readonly #events = new Map<string, { readonly frame: string; readonly data: string; readonly expiresAt: number }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  set(channel: string, frame: string, data: string): void {
    this.#events.delete(channel)
    this.#events.set(channel, { frame, data, expiresAt: this.#now() + lifetimeMs })
    const [oldest] = this.#events.keys()
    if (this.#events.size > channelLimit && oldest !== undefined) this.#events.delete(oldest)
  }

  get(channel: string): CachedEvent | undefined {
    const event = this.#events.get(channel)
    if (event === undefined) return undefined
    const leftMs = event.expiresAt - this.#now()
    if (leftMs <= 0) {
      this.#events.delete(channel)
      return undefined
    }
    return { frame: event.frame, data: event.data, ttl: Math.ceil(leftMs / 1000) }
  }
}
