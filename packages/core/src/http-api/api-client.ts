import { createTransport } from '#transport'
import { PingerchipsError } from '../errors.ts'
import type { HookDispatcher } from '../hooks/hooks.ts'
import { Backlog } from '../transport/backlog.ts'
import {
  type HttpResponse,
  onAbort,
  type Transport,
  TransportError,
  type TransportOptions,
} from '../transport/transport.ts'
import type { CallPolicy } from './call-policy.ts'
import {
  errorDetails,
  errorFromResponse,
  errorFromTransport,
  maxResponseBytes,
  type Operation,
  overloaded,
  withUnknownOutcome,
} from './errors.ts'
import type { WireProtocol, WireRequest } from './protocols/protocol.ts'
import { mayRetry, parseRetryAfter, RetryBudget, retryDelay } from './retry.ts'
import { CallTelemetry } from './telemetry.ts'

/** Writes and signs a request for an attempt at `now`, in Unix seconds. */
export type Write = (now: number) => WireRequest | Promise<WireRequest>

export interface ApiClientOptions extends TransportOptions {
  readonly protocol: WireProtocol
  readonly origin: string
  readonly hooks: HookDispatcher
  /** The client's own policy. */
  readonly policy: CallPolicy
  /** Texts to remove from what the service writes about a failure. */
  readonly secrets: readonly (string | undefined)[]
  /** Default: the runtime's. */
  readonly transport?: Transport | undefined
}

/** The service's HTTP API at one origin. */
export class ApiClient {
  readonly protocol: WireProtocol
  readonly policy: CallPolicy
  readonly #origin: string
  readonly #hooks: HookDispatcher
  readonly #secrets: readonly (string | undefined)[]
  readonly #transport: Transport
  readonly #budget = new RetryBudget()
  readonly #backlog = new Backlog()
  #callsInProgress = 0
  #onIdle: (() => void) | undefined
  #closed: Promise<void> | undefined

  constructor({ protocol, origin, hooks, policy, secrets, transport, ...options }: ApiClientOptions) {
    this.protocol = protocol
    this.policy = policy
    this.#origin = origin
    this.#hooks = hooks
    this.#secrets = secrets
    this.#transport = transport ?? createTransport(options)
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** Whether {@link ApiClient.call} would refuse a call as `overloaded`. */
  get isFull(): boolean {
    return this.#backlog.isFull
  }

  /**
   * Runs a call of any number of requests. {@link ApiClient.close} waits for it.
   * @param size of the data that the call holds, in characters
   * @throws {PingerchipsError} (as a rejection) `closed` or `overloaded`, before `work` runs
   */
  async call<T>(operation: Operation, size: number, work: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw closed(operation)
    if (!this.#backlog.add(size)) throw this.#report(overloaded(operation), operation)
    this.#callsInProgress++
    try {
      return await work()
    } finally {
      this.#backlog.remove(size)
      this.#callsInProgress--
      if (this.#callsInProgress === 0) this.#onIdle?.()
    }
  }

  /**
   * Sends a request of a call, and retries it where that is allowed. `write` signs each attempt, since the time is part of
   * the signature.
   * @param read the result of a 2xx
   * @throws {PingerchipsError} (as a rejection) if there is no 2xx
   */
  async request<T>(
    write: Write,
    operation: Operation,
    policy: CallPolicy,
    read: (response: HttpResponse) => T,
  ): Promise<T> {
    const { retries, delivery, signal } = policy
    const end = policy.end ?? performance.now() + policy.deadline
    const telemetry = this.#hooks.observesTriggers ? new CallTelemetry(this.#hooks, operation) : undefined
    try {
      let last: PingerchipsError | undefined
      for (let attempts = 1; ; attempts++) {
        const written = write(Math.floor(Date.now() / 1000))
        // Not by instanceof: zone.js and others replace the global Promise.
        const request = 'then' in written ? await written : written
        const timeout = this.#timeLeft(end, operation, policy, attempts, last)
        telemetry?.request(request.body)
        let error: PingerchipsError
        let retryAfter = 0
        try {
          const response = await this.#send(request, operation, timeout, signal)
          const { status } = response
          telemetry?.response(status)
          if (status >= 200 && status < 300) {
            this.#budget.succeeded()
            telemetry?.accepted(status)
            return read(response)
          }
          error = errorFromResponse(response, operation, attempts, [...this.#secrets, request.signature])
          retryAfter = parseRetryAfter(response.header('retry-after'), Date.now())
        } catch (failure) {
          if (!(failure instanceof TransportError)) throw failure
          // Nothing was requested if the HTTP client is missing.
          const made = failure.kind === 'not_loaded' ? attempts - 1 : attempts
          error = errorFromTransport(failure, operation, made, this.#origin, timeout)
        }
        last = last?.outcome === 'unknown' ? withUnknownOutcome(error) : error
        // A caller's mistake does not show how the service is.
        const hasBudget = !error.retryable || this.#budget.failed()
        if (attempts > retries || !hasBudget || !mayRetry(error, delivery)) throw last
        const delay = retryDelay(attempts, retryAfter)
        if (delay >= end - performance.now()) throw last
        telemetry?.retry(error, delay)
        await wait(delay, signal)
      }
    } catch (error) {
      if (error instanceof PingerchipsError) {
        telemetry?.failed(error)
        this.#hooks.error(error)
      }
      throw error
    }
  }

  /** Waits for the calls in progress, then closes the connections. Later calls are refused. */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#onIdle = resolve
      if (this.#callsInProgress === 0) resolve()
    }).then(() => this.#transport.close())
    return this.#closed
  }

  #send(
    { method, path, headers, body }: WireRequest,
    operation: Operation,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const limits = { maxResponseBytes: maxResponseBytes(operation), timeout, signal }
    return this.#transport.request({ method, origin: this.#origin, path, headers, body, ...limits })
  }

  /**
   * Milliseconds for the next attempt.
   * @throws {PingerchipsError} if there is no time left, or the signal is aborted
   */
  #timeLeft(
    end: number,
    operation: Operation,
    { timeout, deadline, signal }: CallPolicy,
    attempts: number,
    last: PingerchipsError | undefined,
  ): number {
    const left = end - performance.now()
    const made = attempts - 1
    if (signal?.aborted) {
      const aborted = new TransportError('aborted', last?.outcome === 'unknown')
      throw errorFromTransport(aborted, operation, made, this.#origin, timeout)
    }
    if (left < 1)
      throw last ?? errorFromTransport(new TransportError('timeout', false), operation, made, this.#origin, deadline)
    return Math.min(timeout, left)
  }

  #report(error: PingerchipsError, operation: Operation): PingerchipsError {
    if (this.#hooks.observesTriggers) new CallTelemetry(this.#hooks, operation).failed(error)
    this.#hooks.error(error)
    return error
  }
}

function closed(operation: Operation): PingerchipsError {
  const message = `${operation.name} failed: the client is closed.`
  return new PingerchipsError('closed', message, errorDetails(operation))
}

/** Waits until the time is over or the signal is aborted. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
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
