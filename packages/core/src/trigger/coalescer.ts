import { invalidArgument, typeName } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { maxBatch, type OutgoingEvent } from './protocol.ts'
import { begun, type Patience } from './service.ts'

/** How long events wait for others to share a request with. */
export interface Coalescing {
  /** Milliseconds that an event waits at the most, 0 to 1000. Default: 0, what is triggered in the same moment. */
  readonly maxDelay?: number | undefined
  /** How many events a request carries at the most, 2 to 10. Default: 10. */
  readonly maxSize?: number | undefined
}

const optionNames: Record<keyof Coalescing, true> = { maxDelay: true, maxSize: true }

/** @throws {TypeError} naming the option that is malformed or unknown */
export function assertCoalescing(value: unknown, argument: string): asserts value is Coalescing {
  assertOptions(value, argument, optionNames)
  const { maxDelay = 0, maxSize = maxBatch } = value as Coalescing
  if (typeof maxDelay !== 'number' || !(maxDelay >= 0 && maxDelay <= 1000))
    throw invalidArgument(
      `${argument}.maxDelay`,
      `must be a number of milliseconds from 0 to 1000 (got ${typeName(maxDelay)})`,
    )
  if (!Number.isInteger(maxSize) || maxSize < 2 || maxSize > maxBatch)
    throw invalidArgument(
      `${argument}.maxSize`,
      `must be a whole number from 2 to ${maxBatch} (got ${typeName(maxSize)})`,
    )
}

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
