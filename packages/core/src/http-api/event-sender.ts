import { PingerchipsError } from '../errors.ts'
import type { Service, Write } from './api-client.ts'
import { Coalescer, type Coalescing } from './batcher.ts'
import { type CallPolicy, startDeadline } from './call-policy.ts'
import { combineErrors, type Task } from './errors.ts'
import { eventId } from './events.ts'
import { maxBatch, type OutgoingEvent, type WireProtocol } from './protocols/protocol.ts'

/** How many requests of one call are under way at once. */
const maxAtOnce = 16

/** Sends events to the service over one protocol. */
export class EventSender {
  readonly #protocol: WireProtocol
  readonly #service: Service
  readonly #coalescer: Coalescer | undefined

  constructor(protocol: WireProtocol, service: Service, coalescing: Coalescing | undefined) {
    this.#protocol = protocol
    this.#service = service
    this.#coalescer =
      coalescing &&
      new Coalescer(coalescing, (events, policy) => service.call(taskOf(events), () => this.#sendGroup(events, policy)))
  }

  /**
   * Sends an event, in as many requests as the protocol needs for its channels.
   * @param mayShare whether it may travel with others
   * @throws {PingerchipsError} (as a rejection) naming the channels that it may not have reached
   */
  send(event: OutgoingEvent, policy: CallPolicy, mayShare: boolean): Promise<unknown> {
    const { channels } = event
    if (mayShare && this.#coalescer !== undefined && channels.length === 1 && !this.#service.isClosed)
      return this.#coalescer.add(event, policy)
    const task = taskOf([event])
    return channels.length > this.#protocol.channelsPerRequest
      ? this.#service.call(task, () => this.#sendInParts(event, policy))
      : this.#service.send(this.#writing(event), task, policy)
  }

  /** Sends events of one channel each, as many to a request as the protocol takes. Gives each one's result, in order. */
  async sendBatch(events: readonly OutgoingEvent[], policy: CallPolicy): Promise<PromiseSettledResult<void>[]> {
    const groups = chunks(events, this.#protocol.batch === undefined ? 1 : maxBatch)
    const own = startDeadline(policy, performance.now())
    const send = () => mapWithConcurrency(maxAtOnce, groups, (group) => this.#sendGroup(group, own))
    try {
      return (await this.#service.call(taskOf(events), send)).flat()
    } catch (error) {
      return allFailed(events, error)
    }
  }

  /** Sends what is waiting for company, waits for what is under way, and closes the connections. */
  close(): Promise<void> {
    this.#coalescer?.flush()
    return this.#service.close()
  }

  #writing(event: OutgoingEvent): Write {
    return (now) => this.#protocol.request(event, now)
  }

  async #sendInParts(event: OutgoingEvent, policy: CallPolicy): Promise<void> {
    const parts = chunks(event.channels, this.#protocol.channelsPerRequest).map((channels) => ({
      ...event,
      channels,
      // Another request, and so another event to a service that tells repeats by their id.
      id: eventId(),
    }))
    const own = startDeadline(policy, performance.now())
    const results = await mapWithConcurrency(maxAtOnce, parts, (part) => this.#sendGroup([part], own))
    const failure = combineErrors(rejections(results.flat()), parts.length)
    if (failure !== undefined) throw failure
  }

  /**
   * One request for them all, and a result of its own for each.
   * @param policy of a call that has startDeadline
   */
  async #sendGroup(events: readonly OutgoingEvent[], policy: CallPolicy): Promise<PromiseSettledResult<void>[]> {
    const { batch } = this.#protocol
    const [only] = events
    try {
      if (events.length === 1 && only !== undefined)
        await this.#service.request(this.#writing(only), taskOf(events), policy)
      else if (batch !== undefined) await this.#service.request((now) => batch(events, now), taskOf(events), policy)
      return events.map(() => ({ status: 'fulfilled', value: undefined }))
    } catch (error) {
      if (events.length === 1 || !isPerEventError(error)) return allFailed(events, error)
      return (await Promise.all(events.map((event) => this.#sendGroup([event], policy)))).flat()
    }
  }
}

/** What may be the fault of one of several events. Nobody says whose, and none of them has been sent on. */
const faultsOfOne: readonly string[] = ['validation_failed', 'encryption_unavailable']

function isPerEventError(error: unknown): boolean {
  return error instanceof PingerchipsError && faultsOfOne.includes(error.code) && error.outcome === 'not_delivered'
}

function taskOf(events: readonly OutgoingEvent[]): Task {
  return { name: 'Trigger', events }
}

function allFailed(events: readonly OutgoingEvent[], error: unknown): PromiseSettledResult<void>[] {
  return events.map((event) => ({ status: 'rejected', reason: errorForEvent(error, event) }))
}

/** What failed for a whole request, as the failure of one of its events. */
function errorForEvent(error: unknown, { channels, event }: OutgoingEvent): unknown {
  const isItsOwn = (failure: PingerchipsError) => failure.event === event && failure.channels.join() === channels.join()
  if (!(error instanceof PingerchipsError) || isItsOwn(error)) return error
  return new PingerchipsError(error.code, error.message, { ...error, channels, event })
}

function rejections(results: readonly PromiseSettledResult<unknown>[]): PingerchipsError[] {
  return results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as PingerchipsError)
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** The results of work, in order, of which at most `limit` is under way at once. */
async function mapWithConcurrency<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
