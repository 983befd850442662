import { describeValue, invalidArgument } from '../errors.ts'
import { assertInteger, assertOptions } from '../internal/validate.ts'
import { type CallPolicy, startDeadline } from './call-policy.ts'
import { maxBatch, type OutgoingEvent } from './protocols/protocol.ts'

type Results = readonly PromiseSettledResult<void>[]

type SendGroup = (events: readonly OutgoingEvent[], policy: CallPolicy) => Promise<Results>

/** Events that share a request, and one promise of all their results. */
interface Group {
  readonly events: OutgoingEvent[]
  readonly results: Promise<Results>
  /** Sends them. */
  readonly leave: () => void
}

/** Has events that are triggered together travel in one request; each one's promise settles with its own result. */
export class Coalescer {
  readonly #maxDelay: number
  readonly #maxSize: number
  readonly #send: SendGroup
  /** What waits for company. */
  #group: Group | undefined

  constructor({ maxDelay = 0, maxSize = maxBatch }: Coalescing, send: SendGroup) {
    this.#maxDelay = maxDelay
    this.#maxSize = maxSize
    this.#send = send
  }

  /** @param policy the client's own: an event that has another one travels alone */
  async add(event: OutgoingEvent, policy: CallPolicy): Promise<void> {
    this.#group ??= this.#open(policy)
    const { events, results } = this.#group
    const index = events.push(event) - 1
    if (events.length >= this.#maxSize) this.flush()
    const result = (await results)[index]
    if (result?.status === 'rejected') throw result.reason
  }

  /** Sends what is waiting, at once. */
  flush(): void {
    this.#group?.leave()
  }

  #open(policy: CallPolicy): Group {
    const events: OutgoingEvent[] = []
    const own = startDeadline(policy, performance.now())
    let leave = () => {}
    const results = new Promise<Results>((resolve) => {
      const cancel = later(() => leave(), this.#maxDelay)
      leave = () => {
        cancel()
        this.#group = undefined
        resolve(this.#send(events, own))
      }
    })
    return { events, results, leave }
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
      `must be a number of milliseconds from 0 to 1000 (received ${describeValue(maxDelay)})`,
    )
  assertInteger(maxSize, `${argument}.maxSize`, 2, maxBatch)
}
