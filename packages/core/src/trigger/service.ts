import { PingerchipsError } from '../errors.ts'
import { type HttpAnswer, type Transport, TransportFault } from '../send/transport.ts'
import { about, answerFailure, faultFailure, type Task } from './failure.ts'
import type { WireRequest } from './protocol.ts'
import { mayRetry, parseRetryAfter, RetryBudget, type RetryMode, retryDelay } from './retry.ts'

/** How long and how often one call may try. */
export interface Patience {
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Milliseconds for all of it, attempts and waits. */
  readonly deadline: number
  /** How many attempts there may be after the first. */
  readonly retries: number
  readonly retry: RetryMode
  readonly signal: AbortSignal | undefined
}

const maxAnswerBytes = 64 * 1024

/** The service's HTTP API at one origin. */
export class Service {
  readonly #origin: string
  readonly #budget = new RetryBudget()
  #transport: Transport | undefined
  #underWay = 0
  #onIdle: (() => void) | undefined
  #closed: Promise<void> | undefined

  constructor(origin: string) {
    this.#origin = origin
  }

  /**
   * Sends a request, and again where that is allowed. `write` signs each attempt anew, since the time is signed too.
   * @throws {PingerchipsError} (as a rejection) if there is no 2xx
   */
  async send(write: (now: number) => WireRequest, task: Task, patience: Patience): Promise<HttpAnswer> {
    if (this.#closed) throw new PingerchipsError('closed', `${task.name} failed: the client is closed.`, about(task))
    this.#underWay++
    try {
      this.#transport ??= await this.#load()
      return await this.#persist(this.#transport, write, task, patience)
    } finally {
      this.#underWay--
      if (this.#underWay === 0) this.#onIdle?.()
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

  async #persist(
    transport: Transport,
    write: (now: number) => WireRequest,
    task: Task,
    patience: Patience,
  ): Promise<HttpAnswer> {
    const { deadline, retries, retry, signal } = patience
    const start = performance.now()
    let { timeout } = patience
    for (let attempts = 1; ; attempts++) {
      if (timeout > deadline || attempts > 1) timeout = Math.min(timeout, deadline - (performance.now() - start))
      let failed: Failed
      try {
        const { method, path, headers, body } = write(Math.floor(Date.now() / 1000))
        const origin = this.#origin
        const answer = await transport.request({ method, origin, path, headers, body, maxAnswerBytes, timeout, signal })
        if (answer.status >= 200 && answer.status < 300) {
          this.#budget.succeeded()
          return answer
        }
        const retryAfter = parseRetryAfter(answer.header('retry-after'), Date.now())
        failed = new Failed(answerFailure(answer, task, attempts), retryAfter)
      } catch (fault) {
        if (!(fault instanceof TransportFault)) throw fault
        failed = new Failed(faultFailure(fault, task, attempts, this.#origin, timeout), 0)
      }
      const { error, retryAfter } = failed
      // A mistake of the caller's says nothing of how the service is.
      const hasBudget = !error.retryable || this.#budget.failed()
      if (attempts > retries || !hasBudget || !mayRetry(error, retry)) throw error
      const delay = retryDelay(attempts, retryAfter)
      if (delay >= deadline - (performance.now() - start)) throw error
      if (!(await waited(delay, signal)))
        throw new PingerchipsError('aborted', `${task.name} failed: its signal was aborted.`, {
          ...about(task),
          attempts,
          outcome: error.outcome,
        })
    }
  }

  /** With the first request, and not before: a server that only signs needs no HTTP client. */
  async #load(): Promise<Transport> {
    const { createTransport } = await import('#transport')
    return this.#transport ?? createTransport()
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

/** @returns false as soon as the signal is aborted */
function waited(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (result: boolean) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      resolve(result)
    }
    const onAbort = () => end(false)
    const timer = setTimeout(() => end(true), ms)
    signal?.addEventListener('abort', onAbort)
  })
}
