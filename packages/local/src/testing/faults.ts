import { HttpError } from '../http/http-error.ts'

/** A failure of the HTTP API. */
export interface Fault {
  /** Status of the response, 400 to 599. */
  readonly status: number
  /** Number of requests that fail, at least 1. Default: 1. */
  readonly times?: number | undefined
  /** Seconds for a `Retry-After` header, 0 or more. Default: no such header. */
  readonly retryAfter?: number | undefined
  /** Milliseconds before the response, 0 to 2147483647. Longer than the client's `timeout` is a time-out. Default: 0. */
  readonly delay?: number | undefined
}

const known: Record<keyof Fault, true> = { status: true, times: true, retryAfter: true, delay: true }
const longestDelay = 2_147_483_647

/** Pending faults, first in, first out. */
export class Faults {
  #pending: Fault[] = []
  readonly #delays = new Map<NodeJS.Timeout, () => void>()

  /** @throws {TypeError} for an option that is unknown or out of its limits */
  add(fault: Fault): void {
    const { status, times = 1, retryAfter = 0, delay = 0 } = fault
    for (const name of Object.keys(fault))
      assert(Object.hasOwn(known, name), name, `is not an option (expected ${Object.keys(known).join(', ')}).`)
    assert(
      Number.isInteger(status) && status >= 400 && status <= 599,
      'status',
      `must be an integer from 400 to 599 (received ${String(status)}).`,
    )
    assert(
      Number.isInteger(times) && times >= 1,
      'times',
      `must be an integer of at least 1 (received ${String(times)}).`,
    )
    assert(
      Number.isInteger(retryAfter) && retryAfter >= 0,
      'retryAfter',
      `must be an integer of at least 0, in seconds (received ${String(retryAfter)}).`,
    )
    assert(
      typeof delay === 'number' && delay >= 0 && delay <= longestDelay,
      'delay',
      `must be from 0 to ${longestDelay} ms (received ${String(delay)}).`,
    )
    this.#pending.push({ ...fault, times })
  }

  /** @throws {HttpError} if a fault is pending */
  async next(): Promise<void> {
    const [fault, ...rest] = this.#pending
    if (fault === undefined) return
    const { status, times = 1, retryAfter, delay } = fault
    this.#pending = times > 1 ? [{ ...fault, times: times - 1 }, ...rest] : rest
    if (delay) await this.#wait(delay)
    const headers = retryAfter === undefined ? undefined : { 'Retry-After': String(retryAfter) }
    throw new HttpError(status, 'A fault that the test requested', headers)
  }

  /** Removes pending faults, and ends delays. */
  clear(): void {
    this.#pending = []
    for (const [timer, resolve] of this.#delays) {
      clearTimeout(timer)
      resolve()
    }
    this.#delays.clear()
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#delays.delete(timer)
        resolve()
      }, ms)
      this.#delays.set(timer, resolve)
    })
  }
}

function assert(condition: boolean, option: string, problem: string): asserts condition {
  if (!condition) throw new TypeError(`service.fail: ${option} ${problem}`)
}
