import { PingerchipsError } from '../errors.ts'
import type { HookDispatcher } from '../hooks/hooks.ts'
import { type ClientTls, type HttpResponse, onAbort, type Transport, TransportError } from '../transport/transport.ts'
import type { CallPolicy } from './call-policy.ts'
import {
  about,
  errorFromResponse,
  errorFromTransport,
  maxAnswerBytes,
  type Task,
  withUnknownOutcome,
} from './errors.ts'
import type { WireRequest } from './protocols/protocol.ts'
import { mayRetry, parseRetryAfter, RetryBudget, retryDelay } from './retry.ts'
import { Report } from './telemetry.ts'

/** Writes and signs a request for an attempt at `now`, in Unix seconds. */
export type Write = (now: number) => WireRequest | Promise<WireRequest>

/** The service's HTTP API at one origin. */
export class Service {
  readonly #origin: string
  readonly #observer: HookDispatcher
  readonly #tls: ClientTls | undefined
  readonly #budget = new RetryBudget()
  #transport: Transport | undefined
  #loading: Promise<Transport> | undefined
  #underWay = 0
  #onIdle: (() => void) | undefined
  #closed: Promise<void> | undefined

  /** @param transport instead of the runtime's own, for a test */
  constructor(origin: string, observer: HookDispatcher, tls: ClientTls | undefined, transport?: Transport) {
    this.#origin = origin
    this.#observer = observer
    this.#tls = tls
    this.#transport = transport
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /**
   * Does what a call asks for, in as many requests as that takes: closing waits for all of it.
   * @throws {PingerchipsError} (as a rejection) `closed`, instead of beginning
   */
  async call<T>(task: Task, work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new PingerchipsError('closed', `${task.name} failed: the client is closed.`, about(task))
    this.#underWay++
    try {
      return await work()
    } finally {
      this.#underWay--
      if (this.#underWay === 0) this.#onIdle?.()
    }
  }

  /** The {@link Service.call} that is one request. */
  send(write: Write, task: Task, policy: CallPolicy): Promise<HttpResponse> {
    return this.call(task, () => this.request(write, task, policy))
  }

  /**
   * Sends a request of a call, and again where that is allowed. `write` signs each attempt anew, since the time is
   * signed too.
   * @throws {PingerchipsError} (as a rejection) if there is no 2xx
   */
  async request(write: Write, task: Task, policy: CallPolicy): Promise<HttpResponse> {
    const { retries, delivery, signal } = policy
    const end = policy.end ?? performance.now() + policy.deadline
    const report = this.#observer.observesTriggers ? new Report(this.#observer, task) : undefined
    try {
      const transport = this.#transport ?? (await this.#load())
      let last: PingerchipsError | undefined
      for (let attempts = 1; ; attempts++) {
        const written = write(Math.floor(Date.now() / 1000))
        // Not by instanceof: with zone.js and its like, what is async is no Promise of the global's.
        const { method, path, headers, body } = 'then' in written ? await written : written
        const timeout = this.#timeLeft(end, task, policy, attempts, last)
        let failed: Failed
        try {
          const origin = this.#origin
          report?.request(body)
          const limit = maxAnswerBytes(task)
          const asked = { method, origin, path, headers, body, maxAnswerBytes: limit, timeout, signal }
          const answer = await transport.request(asked)
          report?.response(answer.status)
          if (answer.status >= 200 && answer.status < 300) {
            this.#budget.succeeded()
            report?.accepted(answer.status)
            return answer
          }
          const retryAfter = parseRetryAfter(answer.header('retry-after'), Date.now())
          failed = new Failed(errorFromResponse(answer, task, attempts), retryAfter)
        } catch (fault) {
          if (!(fault instanceof TransportError)) throw fault
          failed = new Failed(errorFromTransport(fault, task, attempts, this.#origin, timeout), 0)
        }
        const { error, retryAfter } = failed
        last = last?.outcome === 'unknown' ? withUnknownOutcome(error) : error
        // A mistake of the caller's says nothing of how the service is.
        const hasBudget = !error.retryable || this.#budget.failed()
        if (attempts > retries || !hasBudget || !mayRetry(error, delivery)) throw last
        const delay = retryDelay(attempts, retryAfter)
        if (delay >= end - performance.now()) throw last
        report?.retry(error, delay)
        await waited(delay, signal)
      }
    } catch (error) {
      if (error instanceof PingerchipsError) {
        report?.failed(error)
        this.#observer.error(error)
      }
      throw error
    }
  }

  /** Waits for what is under way, then closes the connections. What comes later is refused. */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#onIdle = resolve
      if (this.#underWay === 0) resolve()
    }).then(() => this.#transport?.close())
    return this.#closed
  }

  /**
   * Milliseconds for the next attempt.
   * @throws {PingerchipsError} if there is to be none: the failure of the last one, if it was for lack of time
   */
  #timeLeft(
    end: number,
    task: Task,
    { timeout, deadline, signal }: CallPolicy,
    attempts: number,
    last: PingerchipsError | undefined,
  ): number {
    const left = end - performance.now()
    if (signal?.aborted) {
      const aborted = new TransportError('aborted', last?.outcome === 'unknown')
      throw errorFromTransport(aborted, task, attempts - 1, this.#origin, timeout)
    }
    if (left < 1)
      throw last ?? errorFromTransport(new TransportError('timeout', false), task, attempts - 1, this.#origin, deadline)
    return Math.min(timeout, left)
  }

  /** With the first request, and not before: a server that only signs needs no HTTP client. */
  async #load(): Promise<Transport> {
    // One for all who come before it is there.
    this.#loading ??= import('#transport').then(({ createTransport }) => createTransport({ tls: this.#tls }))
    this.#transport = await this.#loading
    return this.#transport
  }
}

class Failed {
  readonly error: PingerchipsError
  readonly retryAfter: number

  constructor(error: PingerchipsError, retryAfter: number) {
    this.error = error
    this.retryAfter = retryAfter
  }
}

/** Waits, but not for longer than the signal lets it. */
function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stopListening()
      resolve()
    }
    const timer = setTimeout(end, ms)
    const stopListening = onAbort(signal, end)
  })
}
