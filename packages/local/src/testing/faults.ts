import { Refusal } from '../http/refusal.ts'

/** How the HTTP API is to fail. */
export interface Fault {
  /** The status to answer, 400 to 599. */
  readonly status: number
  /** How many requests it strikes, at least 1. Default 1. */
  readonly times?: number | undefined
  /** Seconds for a `Retry-After` header, 0 or more. Default: no such header. */
  readonly retryAfter?: number | undefined
  /** Milliseconds before the answer, 0 to 2147483647: longer than the client's `timeout` is a time-out. Default 0. */
  readonly delay?: number | undefined
}

const known: Record<keyof Fault, true> = { status: true, times: true, retryAfter: true, delay: true }
const longestDelay = 2_147_483_647

/** The faults that are still to come, first in, first out. */
export class Faults {
  #coming: Fault[] = []
  readonly #delays = new Map<NodeJS.Timeout, () => void>()

  /** @throws {TypeError} naming what of it is unknown or out of its limits */
  add(fault: Fault): void {
    const { status, times = 1, retryAfter = 0, delay = 0 } = fault
    for (const name of Object.keys(fault))
      assert(Object.hasOwn(known, name), name, `is not an option (known: ${Object.keys(known).join(', ')})`)
    assert(
      Number.isInteger(status) && status >= 400 && status <= 599,
      'status',
      'must be a whole number from 400 to 599',
    )
    assert(Number.isInteger(times) && times >= 1, 'times', 'must be a whole number above 0')
    assert(Number.isInteger(retryAfter) && retryAfter >= 0, 'retryAfter', 'must be whole seconds, 0 or more')
    assert(
      typeof delay === 'number' && delay >= 0 && delay <= longestDelay,
      'delay',
      `must be 0 <= ms <= ${longestDelay}`,
    )
    this.#coming.push({ ...fault, times })
  }

  /** @throws {Refusal} while a fault is coming */
  async strike(): Promise<void> {
    const [fault, ...rest] = this.#coming
    if (fault === undefined) return
    const { status, times = 1, retryAfter, delay } = fault
    this.#coming = times > 1 ? [{ ...fault, times: times - 1 }, ...rest] : rest
    if (delay) await this.#wait(delay)
    const headers = retryAfter === undefined ? undefined : { 'Retry-After': String(retryAfter) }
    throw new Refusal(status, 'A fault that the test asked for', headers)
  }

  /** Forgets what is coming, and ends what waits. */
  clear(): void {
    this.#coming = []
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
