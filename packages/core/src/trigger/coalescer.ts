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
  #cancel: (() => void) | undefined

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
      else this.#cancel ??= later(() => this.flush(), this.#maxDelay)
    })
  }

  /** Sends what is waiting, at once. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
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

/** A timer of 0 ms takes one; what comes behind this turn of the loop takes none, where a runtime has it. */
function later(work: () => void, ms: number): () => void {
  if (ms > 0 || globalThis.setImmediate === undefined) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  }
  const immediate = setImmediate(work)
  return () => clearImmediate(immediate)
}
