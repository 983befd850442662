import { PingerchipsError } from '../errors.ts'
import { isRecord, ownProperty, parseJson } from '../internal/json.ts'
import type { HttpResponse } from '../transport/transport.ts'
import type { ApiClient } from './api-client.ts'
import { Batcher, type Coalescing } from './batcher.ts'
import { type CallPolicy, startDeadline } from './call-policy.ts'
import { type ChannelInfo, countsByChannel, countsIn } from './counts.ts'
import { combineErrors, type Operation, overloaded } from './errors.ts'
import { eventId, type OutgoingBatch } from './events.ts'
import { maxBatch, type OutgoingEvent } from './protocols/protocol.ts'

/** Most requests of one call at once. */
const maxConcurrency = 16

/** Counts by channel name; `undefined` if none were requested. */
export type TriggerCounts = Record<string, ChannelInfo> | undefined

/** The result of one event of a batch: its counts, if any were requested. */
export type BatchResult = PromiseSettledResult<ChannelInfo | undefined>

/** Sends events to the service. */
export class EventSender {
  readonly #api: ApiClient
  readonly #batcher: Batcher<ChannelInfo | undefined> | undefined

  constructor(api: ApiClient, coalescing: Coalescing | undefined) {
    this.#api = api
    this.#batcher = coalescing && new Batcher(coalescing, (events, policy) => this.#sendGroup(events, policy))
  }

  /** Whether an event would be refused as `overloaded`. */
  get isFull(): boolean {
    return this.#api.isFull
  }

  /**
   * Sends an event, in as many requests as the protocol needs for its channels.
   * @param mayShare whether it may share a request with other events
   * @throws {PingerchipsError} (as a rejection) naming the channels that the event may not have reached
   */
  send(event: OutgoingEvent, policy: CallPolicy, mayShare: boolean): Promise<TriggerCounts> {
    const { channels, data } = event
    const batcher = mayShare && channels.length === 1 ? this.#batcher : undefined
    if (batcher !== undefined)
      return this.#api.call(operationOf([event]), data.length, () => this.#sendShared(batcher, event, policy))
    const requests = Math.ceil(channels.length / this.#api.protocol.channelsPerRequest)
    // Each request that is in progress holds the data in its body.
    return this.#api.call(operationOf([event]), data.length * Math.min(requests, maxConcurrency), () =>
      requests === 1 ? this.#sendOne(event, policy) : this.#sendInParts(event, policy),
    )
  }

  /** Sends events of one channel each, as many in a request as the protocol allows. */
  async sendBatch({ events, kept }: OutgoingBatch, policy: CallPolicy): Promise<BatchResult[]> {
    const started = startDeadline(policy, performance.now())
    const size = this.#api.protocol.batch === undefined ? 1 : maxBatch
    const excess = allFailed(events.slice(kept), (event) => overloaded(operationOf([event])))
    return [...(await this.#sendGroups(chunks(events.slice(0, kept), size), started)), ...excess]
  }

  /** Sends the waiting events, waits for the calls in progress, and closes the connections. */
  close(): Promise<void> {
    this.#batcher?.flush()
    return this.#api.close()
  }

  async #sendGroups(groups: readonly OutgoingEvent[][], policy: CallPolicy): Promise<BatchResult[]> {
    const start = gate(maxConcurrency)
    // Each group takes its place in the backlog now and not when its turn comes.
    const results = groups.map((group) => {
      const size = group.reduce((sum, { data }) => sum + data.length, 0)
      return this.#api
        .call(operationOf(group), size, () => start(() => this.#settleGroup(group, policy)))
        .catch((error: unknown) => allFailed(group, (event) => errorForEvent(error, event)))
    })
    return (await Promise.all(results)).flat()
  }

  /** The results of the events of one request. If one event of several was at fault, each is sent again alone. */
  async #settleGroup(events: readonly OutgoingEvent[], policy: CallPolicy): Promise<BatchResult[]> {
    try {
      const counts = await this.#sendGroup(events, policy)
      return events.map((_, index) => ({ status: 'fulfilled', value: counts[index] }))
    } catch (error) {
      if (events.length === 1 || !isPerEventError(error))
        return allFailed(events, (event) => errorForEvent(error, event))
      return (await Promise.all(events.map((event) => this.#settleGroup([event], policy)))).flat()
    }
  }

  /** Sends events in one request, and returns the counts of each. */
  async #sendGroup(
    events: readonly OutgoingEvent[],
    policy: CallPolicy,
  ): Promise<readonly (ChannelInfo | undefined)[]> {
    const [only] = events
    const { batch } = this.#api.protocol
    if (events.length === 1 || batch === undefined) {
      if (only === undefined) return []
      return [(await this.#sendOne(only, policy))?.[only.channels[0] ?? '']]
    }
    return this.#api.request(
      (now) => batch(events, now),
      operationOf(events),
      policy,
      (response) => countsOfEach(response, events),
    )
  }

  #sendOne(event: OutgoingEvent, policy: CallPolicy): Promise<TriggerCounts> {
    const { protocol } = this.#api
    return this.#api.request(
      (now) => protocol.request(event, now),
      operationOf([event]),
      policy,
      (response) => countsOf(response, event),
    )
  }

  async #sendShared(
    batcher: Batcher<ChannelInfo | undefined>,
    event: OutgoingEvent,
    policy: CallPolicy,
  ): Promise<TriggerCounts> {
    const batched = await batcher.add(event, policy)
    if ('result' in batched) {
      if (event.info.length === 0) return undefined
      const counts: Record<string, ChannelInfo> = Object.create(null)
      for (const channel of event.channels) if (batched.result !== undefined) counts[channel] = batched.result
      return counts
    }
    // Sent again alone, in the async context of its own caller.
    if (batched.isShared && isPerEventError(batched.error)) return this.#sendOne(event, batched.policy)
    throw errorForEvent(batched.error, event)
  }

  async #sendInParts(event: OutgoingEvent, policy: CallPolicy): Promise<TriggerCounts> {
    const started = startDeadline(policy, performance.now())
    const start = gate(maxConcurrency)
    const parts = chunks(event.channels, this.#api.protocol.channelsPerRequest).map((channels) => ({
      ...event,
      channels,
      // Another request, and so another event for a service that recognises repetitions by their id.
      id: eventId(),
    }))
    const results = await Promise.allSettled(parts.map((part) => start(() => this.#sendOne(part, started))))
    const error = combineErrors(
      results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as PingerchipsError),
      parts.length,
    )
    if (error !== undefined) throw error
    return undefined
  }
}

function countsOf({ text }: HttpResponse, { info }: OutgoingEvent): TriggerCounts {
  if (info.length === 0) return undefined
  // The event was accepted: missing counts are no failure.
  return countsByChannel(parseJson(text), info, false) ?? Object.create(null)
}

function countsOfEach({ text }: HttpResponse, events: readonly OutgoingEvent[]): (ChannelInfo | undefined)[] {
  if (!events.some(({ info }) => info.length > 0)) return []
  const response = parseJson(text)
  const list = isRecord(response) ? ownProperty(response, 'batch') : undefined
  return events.map(({ info }, index) =>
    Array.isArray(list) && info.length > 0 ? countsIn(list[index], info) : undefined,
  )
}

/** Errors that one of several events can cause. The service does not name the event, and none of them was delivered. */
const errorsOfOne: readonly string[] = ['validation_failed', 'encryption_unavailable']

function isPerEventError(error: unknown): boolean {
  return error instanceof PingerchipsError && errorsOfOne.includes(error.code) && error.outcome === 'not_delivered'
}

function operationOf(events: readonly OutgoingEvent[]): Operation {
  return { name: 'Trigger', events }
}

function allFailed(events: readonly OutgoingEvent[], errorOf: (event: OutgoingEvent) => unknown): BatchResult[] {
  return events.map((event) => ({ status: 'rejected', reason: errorOf(event) }))
}

/** The error of a whole request, as the error of one of its events. */
function errorForEvent(error: unknown, { channels, event }: OutgoingEvent): unknown {
  const isItsOwn = (error: PingerchipsError) => error.event === event && error.channels.join() === channels.join()
  if (!(error instanceof PingerchipsError) || isItsOwn(error)) return error
  return new PingerchipsError(error.code, error.message, { ...error, channels, event })
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** Runs work in the order of the calls, at most `limit` at once. */
function gate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < limit) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
