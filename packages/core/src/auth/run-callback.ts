import { PingerchipsError } from '../errors.ts'

/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * Whether `await` waits for the value. Promises of RPC stubs are functions, so `typeof` alone does not decide. Not by
 * `instanceof`: with zone.js, an async function returns another class.
 */
export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return 'then' in value && typeof value.then === 'function'
}

/** Marks a promise that is not awaited as handled: an unhandled rejection ends the process. */
export function ignoreRejection(value: unknown): void {
  if (isPromiseLike(value)) Promise.resolve(value).catch(() => {})
}

/**
 * Waits for what a callback returned, and no longer than `timeout` ms. A value that is no promise starts no timer.
 * @throws {Error} (as a rejection) what the callback rejected with; {@link PingerchipsError} `callback_timeout` when the
 * time is over
 */
export async function withTimeout<T>(name: string, timeout: number, result: Awaitable<T>): Promise<T> {
  if (!isPromiseLike(result)) return result
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new PingerchipsError('callback_timeout', `${name} did not return within ${timeout} ms.`)),
      timeout,
    )
  })
  try {
    return await Promise.race([result, expired])
  } catch (thrown) {
    throw toError(thrown)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What a callback threw, as an `Error`. Frameworks treat other values differently: Express takes `null` for success and
 * `'route'` for a command, and Hono's `onError` is not called.
 */
export function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown
  return new PingerchipsError('non_error_thrown', 'A callback threw a value that is not an Error.', { cause: thrown })
}

function isError(value: unknown): value is Error {
  try {
    // By its tag too: in Jest and vm, an Error of the app may belong to another realm.
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
  } catch {
    // A revoked proxy, or a tag that throws.
    return false
  }
}
