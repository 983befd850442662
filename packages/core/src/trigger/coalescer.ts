import type { Coalescing } from './coalescing.ts'
import { begun, type Patience } from './patience.ts'
import { maxBatch, type OutgoingEvent } from './protocol.ts'

interface Waiting {
  readonly event: OutgoingEvent
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

type SendGroup = (events: readonly OutgoingEvent[], patience: Patience) => Promise<PromiseSettledResult<void>[]>

/** Has events that are triggered together travel in one request; each one's promise settles with its own result. */
export class Coalescer {
  readonly #maxDelay: number
  readonly #maxSize: number
  readonly #send: SendGroup
  #waiting: Waiting[] = []
  #patience: Patience | undefined
  #since = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ maxDelay = 0, maxSize = maxBatch }: Coalescing, send: SendGroup) {
    this.#maxDelay = maxDelay
    this.#maxSize = maxSize
    this.#send = send
  }

  /** @param patience the client's own: an event that has another one travels alone */
  add(event: OutgoingEvent, patience: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#since = performance.now()
      this.#waiting.push({ event, resolve, reject })
      this.#patience = patience
      if (this.#waiting.length >= this.#maxSize) this.flush()
      else this.#timer ??= setTimeout(() => this.flush(), this.#maxDelay)
    })
  }

  /** Sends what is waiting, at once. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const group = this.#waiting
    if (group.length === 0 || this.#patience === undefined) return
    this.#waiting = []
    const events = group.map(({ event }) => event)
    void this.#send(events, begun(this.#patience, this.#since)).then((results) => {
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index]
        if (result?.status === 'rejected') reject(result.reason)
        else resolve()
      }
    })
  }
}
