import { describeValue, invalidArgument } from '../errors.ts'
import { assertInteger, assertOptions } from '../internal/validate.ts'
import { type CallPolicy, startDeadline } from './call-policy.ts'
import { maxBatch, type OutgoingEvent } from './protocols/protocol.ts'

/** Sends a group and resolves to the results of its events; the error is of the whole group. */
type SendGroup<Result> = (events: readonly OutgoingEvent[], policy: CallPolicy) => Promise<readonly Result[]>

/** Events that are sent in one request. */
interface Group<Result> {
  readonly events: OutgoingEvent[]
  readonly policy: CallPolicy
  readonly results: Promise<readonly Result[]>
  readonly send: () => void
}

/** The result of an event, or the error of the group that it was sent with. */
export type Batched<Result> =
  | { readonly result: Result | undefined }
  | { readonly error: unknown; readonly isShared: boolean; readonly policy: CallPolicy }

/**
 * Collects events that are triggered together and sends them in one request.
 *
 * A request is sent in the async context (`AsyncLocalStorage`, a trace) of its first event, also if a later event fills it.
 */
export class Batcher<Result> {
  readonly #maxDelay: number
  readonly #maxSize: number
  readonly #send: SendGroup<Result>
  #group: Group<Result> | undefined

  constructor({ maxDelay = 0, maxSize = maxBatch }: Coalescing, send: SendGroup<Result>) {
    this.#maxDelay = maxDelay
    this.#maxSize = maxSize
    this.#send = send
  }

  /** @param policy the client's own: events with another policy are sent alone */
  async add(event: OutgoingEvent, policy: CallPolicy): Promise<Batched<Result>> {
    this.#group ??= this.#open(policy)
    const group = this.#group
    const index = group.events.push(event) - 1
    if (group.events.length >= this.#maxSize) this.flush()
    try {
      return { result: (await group.results)[index] }
    } catch (error) {
      return { error, isShared: group.events.length > 1, policy: group.policy }
    }
  }

  /** Sends the waiting events. */
  flush(): void {
    this.#group?.send()
  }

  #open(policy: CallPolicy): Group<Result> {
    const events: OutgoingEvent[] = []
    const started = startDeadline(policy, performance.now())
    let send = () => {}
    const ready = new Promise<void>((resolve) => {
      const cancel = schedule(() => send(), this.#maxDelay)
      send = () => {
        cancel()
        this.#group = undefined
        resolve()
      }
    })
    // A continuation runs in the async context that it was made in, not in that of the code that resolves the promise.
    return { events, policy: started, results: ready.then(() => this.#send(events, started)), send }
  }
}

/** Next.js warns of each file for the Edge Runtime that has the bare names in it. */
const timers = globalThis

/** A timer of 0 ms fires after 1 ms; `setImmediate` runs after this turn of the event loop, where a runtime has it. */
function schedule(work: () => void, ms: number): () => void {
  if (ms === 0) {
    try {
      const immediate = timers.setImmediate(work)
      return () => timers.clearImmediate(immediate)
    } catch {
      // Next's Edge Runtime has a setImmediate that throws; others have none.
    }
  }
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/** When triggered events share a request. It is sent in the async context (`AsyncLocalStorage`, a trace) of the first. */
export interface Coalescing {
  /** Longest wait of an event in milliseconds: 0 to 1000. Default: 0, events triggered in the same moment. */
  readonly maxDelay?: number | undefined
  /** Most events in one request: 2 to 10. Default: 10. */
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
