import { type Awaitable, answered, toError } from '../auth/run-callback.ts'
import { describeType, invalidArgument, PingerchipsError } from '../errors.ts'

/**
 * Where webhooks that came already are remembered: texts under ids, each for a time. All processes that take in the same
 * webhooks should share one.
 *
 * A store that throws, or does not answer in time, is a failure of the app's: the webhook is not handled, and the service
 * sends it again.
 */
export interface ReplayStore {
  /**
   * Keeps `value` under `id` for `ttlMs` milliseconds, unless something is there: in one step, so that of two at the same
   * time one alone finds nothing.
   * @returns what was there; `null` or `undefined` for nothing
   */
  setIfAbsent(id: string, value: string, ttlMs: number): Awaitable<string | null | undefined>
  /** Keeps `value` under `id` for `ttlMs` milliseconds, whatever was there. */
  set(id: string, value: string, ttlMs: number): Awaitable<unknown>
  /** Forgets `id`. */
  delete(id: string): Awaitable<unknown>
}

/** What a store keeps of a webhook: that somebody is at it, or that it is done. */
export type ReplayState = 'handling' | 'handled'

/** @throws {TypeError} if it is not a {@link ReplayStore} */
export function assertReplayStore(value: unknown, argument: string): asserts value is ReplayStore {
  const { setIfAbsent, set, delete: remove } = Object(value) as Partial<Record<keyof ReplayStore, unknown>>
  if ([setIfAbsent, set, remove].some((method) => typeof method !== 'function'))
    throw invalidArgument(
      argument,
      `must be false or an object with setIfAbsent, set and delete (got ${describeType(value)})`,
    )
}

/** A store of the app's, within its time. */
export class ReplayGuard {
  readonly #store: ReplayStore
  readonly #timeout: number

  /** @param timeout milliseconds that each call may take */
  constructor(store: ReplayStore, timeout: number) {
    this.#store = store
    this.#timeout = timeout
  }

  /**
   * @returns what the webhook was before: `undefined` for one that is new, and now `state`
   * @throws {Error} (as a rejection) what the store threw; {@link PingerchipsError} `callback_timeout`, or `invalid_callback_result`
   * where it answers what nobody gave it to keep
   */
  async add(id: string, state: ReplayState, ttlMs: number): Promise<ReplayState | undefined> {
    const before = await this.#ask('setIfAbsent', (store) => store.setIfAbsent(id, state, ttlMs))
    if (before === null || before === undefined) return undefined
    if (before === 'handling' || before === 'handled') return before
    throw new PingerchipsError(
      'invalid_callback_result',
      `The webhook store's setIfAbsent must answer what it keeps, or null (got ${describeType(before)}).`,
    )
  }

  async set(id: string, state: ReplayState, ttlMs: number): Promise<void> {
    await this.#ask('set', (store) => store.set(id, state, ttlMs))
  }

  async delete(id: string): Promise<void> {
    await this.#ask('delete', (store) => store.delete(id))
  }

  async #ask<T>(method: keyof ReplayStore, ask: (store: ReplayStore) => Awaitable<T>): Promise<T> {
    try {
      return await answered(`The webhook store's ${method}`, this.#timeout, ask(this.#store))
    } catch (error) {
      throw toError(error)
    }
  }
}
