export interface HeartbeatOptions {
  /** Milliseconds of silence before the client is asked. */
  readonly idleMs: number
  /** Milliseconds that it then has to say anything at all. */
  readonly answerMs: number
  readonly ask: () => void
  readonly giveUp: () => void
}

/** Finds out that a client is gone. It never keeps the process alive. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #idle: NodeJS.Timeout
  #answer: NodeJS.Timeout | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#idle = setTimeout(() => this.#ask(), options.idleMs).unref()
  }

  /** The client said something. */
  touch(): void {
    clearTimeout(this.#answer)
    this.#idle.refresh()
  }

  stop(): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#answer)
  }

  #ask(): void {
    this.#answer = setTimeout(this.#options.giveUp, this.#options.answerMs).unref()
    this.#options.ask()
  }
}
