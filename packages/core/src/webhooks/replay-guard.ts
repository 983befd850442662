import { type Awaitable, toError, withTimeout } from '../auth/run-callback.ts'
import { describeType, invalidArgument, PingerchipsError } from '../errors.ts'

/**
 * Store of the webhooks that have been received: texts under ids, each with a time to live. All processes that receive the
 * same webhooks need one store. Each method must be atomic, so that of two processes only one succeeds.
 *
 * If a method throws, rejects or does not respond in time, the webhook is not handled, and the service delivers it again.
 */
export interface ReplayStore {
  /**
   * Sets `value` under `id` for `ttlMs` milliseconds, unless `id` has a value. In Redis 7: `SET id value PX ttlMs NX GET`.
   * @returns the value that was there; `null` or `undefined` if there was none
   */
  setIfAbsent(id: string, value: string, ttlMs: number): Awaitable<string | null | undefined>
  /**
   * Sets `value` under `id` for `ttlMs` milliseconds if its value is `expected`. In Redis: a script with `GET` and `SET`.
   * @returns whether it was
   */
  setIfEqual(id: string, expected: string, value: string, ttlMs: number): Awaitable<boolean>
  /** Deletes `id` if its value is `expected`. In Redis: a script with `GET` and `DEL`. */
  deleteIfEqual(id: string, expected: string): Awaitable<unknown>
}

/** Whether a handler is running for a webhook, or has succeeded. */
export type ReplayState = 'handling' | 'handled'

/** @throws {TypeError} if it is not a {@link ReplayStore} */
export function assertReplayStore(value: unknown, argument: string): asserts value is ReplayStore {
  const methods: readonly (keyof ReplayStore)[] = ['setIfAbsent', 'setIfEqual', 'deleteIfEqual']
  const store = Object(value) as Readonly<Record<string, unknown>>
  if (methods.some((name) => typeof store[name] !== 'function'))
    throw invalidArgument(
      argument,
      `must be false or an object with setIfAbsent, setIfEqual and deleteIfEqual (received ${describeType(value)})`,
    )
}

/** Calls a store, with a timeout for each call. */
export class ReplayGuard {
  readonly #store: ReplayStore
  readonly #timeout: number

  /** @param timeout milliseconds for each call */
  constructor(store: ReplayStore, timeout: number) {
    this.#store = store
    this.#timeout = timeout
  }

  /**
   * Claims a webhook for `ttlMs` milliseconds.
   * @returns a lease; or the state of the webhook, if it is claimed already
   * @throws {Error} (as a rejection) what the store threw; {@link PingerchipsError} `callback_timeout`, or
   * `invalid_callback_result` if it returned a value that is not from here
   */
  async acquire(id: string, state: ReplayState, ttlMs: number): Promise<Lease | ReplayState> {
    const owner = crypto.randomUUID()
    const before = await this.call('setIfAbsent', (store) => store.setIfAbsent(id, `${state} ${owner}`, ttlMs))
    if (before === null || before === undefined) return new Lease(this, id, owner, state)
    const known = typeof before === 'string' ? before.split(' ')[0] : undefined
    if (known === 'handling' || known === 'handled') return known
    throw new PingerchipsError(
      'invalid_callback_result',
      `The webhook store's setIfAbsent must return the value that was there, or null (received ${describeType(before)}).`,
    )
  }

  async call<T>(method: keyof ReplayStore, call: (store: ReplayStore) => Awaitable<T>): Promise<T> {
    try {
      return await withTimeout(`The webhook store's ${method}`, this.#timeout, call(this.#store))
    } catch (error) {
      throw toError(error)
    }
  }
}

/**
 * The claim of one owner to a webhook. Every change compares the owner first: a handler that was slower than its lease
 * cannot release what another process has claimed or completed since.
 */
export class Lease {
  readonly #guard: ReplayGuard
  readonly #id: string
  readonly #owner: string
  readonly #value: string

  constructor(guard: ReplayGuard, id: string, owner: string, state: ReplayState) {
    this.#guard = guard
    this.#id = id
    this.#owner = owner
    this.#value = `${state} ${owner}`
  }

  /** Extends the lease every third of `ttlMs`, for `limitMs` milliseconds at most. @returns a function that ends it */
  keep(ttlMs: number, limitMs: number): () => void {
    const end = performance.now() + limitMs
    let timer: ReturnType<typeof setTimeout> | undefined
    const schedule = () => {
      timer = setTimeout(renew, ttlMs / 3)
      // The process may end meanwhile. Timers of other runtimes are numbers.
      if (typeof timer === 'object') timer.unref()
    }
    const renew = async () => {
      // A store that is down for a moment is tried again while the lease lasts.
      const isOurs = await this.#replace(this.#value, ttlMs).catch(() => true)
      if (isOurs && timer !== undefined && performance.now() < end) schedule()
    }
    schedule()
    return () => {
      clearTimeout(timer)
      timer = undefined
    }
  }

  /** Records that the webhook was handled, unless another owner has claimed it. */
  async complete(ttlMs: number): Promise<void> {
    const handled = `handled ${this.#owner}`
    // A lease that has expired left nothing to replace.
    if (!(await this.#replace(handled, ttlMs)))
      await this.#guard.call('setIfAbsent', (store) => store.setIfAbsent(this.#id, handled, ttlMs))
  }

  /** Gives the claim back, so that the service can deliver the webhook again. */
  async release(): Promise<void> {
    await this.#guard.call('deleteIfEqual', (store) => store.deleteIfEqual(this.#id, this.#value))
  }

  async #replace(value: string, ttlMs: number): Promise<boolean> {
    const isReplaced: unknown = await this.#guard.call('setIfEqual', (store) =>
      store.setIfEqual(this.#id, this.#value, value, ttlMs),
    )
    if (typeof isReplaced === 'boolean') return isReplaced
    throw new PingerchipsError(
      'invalid_callback_result',
      `The webhook store's setIfEqual must return true or false (received ${describeType(isReplaced)}).`,
    )
  }
}
