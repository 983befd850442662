export interface HeartbeatOptions {
  /** Milliseconds of silence before the client is pinged. */
  readonly idleMs: number
  /** Milliseconds after the ping within which any frame must arrive. */
  readonly pongMs: number
  readonly ping: () => void
  readonly onTimeout: () => void
}

/** Detects a client that is gone. Its timers never keep the process alive. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #idle: NodeJS.Timeout
  #pong: NodeJS.Timeout | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#idle = setTimeout(() => this.#ping(), options.idleMs).unref()
  }

  /** Restarts the idle time. Called for every frame of the client. */
  touch(): void {
    clearTimeout(this.#pong)
    this.#idle.refresh()
  }

  stop(): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#pong)
  }

  #ping(): void {
    this.#pong = setTimeout(this.#options.onTimeout, this.#options.pongMs).unref()
    this.#options.ping()
  }
}
