import { PingerchipsError } from '../errors.ts'

/** A value, or the promise of one. */
export type Awaitable<T> = T | PromiseLike<T>

/** As `await` sees it. The promises of an RPC stub are functions: to miss one would make a user of the promise itself. */
function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return 'then' in value && typeof value.then === 'function'
}

/** Takes a value that should have been no promise: a rejection of one that nobody looks at would end the process. */
export function ignoreRejection(value: unknown): void {
  if (isPromiseLike(value)) Promise.resolve(value).catch(() => {})
}

/** Goes on with a value: at once where it is there, later where it is promised. What `next` throws later is an `Error`. */
export function proceed<T, Next>(
  value: T | Promise<T>,
  next: (value: T) => Next | Promise<Next>,
): Next | Promise<Next> {
  if (!isPromiseLike(value)) return next(value)
  return value.then((promised) => {
    try {
      return next(promised)
    } catch (thrown) {
      throw toError(thrown)
    }
  })
}

/**
 * What a callback answered. One that answers at once costs neither a timer nor a turn of the event loop.
 * @throws {Error} (as a rejection) what it threw; {@link PingerchipsError} `callback_timeout` when `name` has not answered after `timeout` ms
 */
export function answered<T>(name: string, timeout: number, answer: Awaitable<T>): T | Promise<T> {
  if (!isPromiseLike(answer)) return answer
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new PingerchipsError('callback_timeout', `${name} did not answer within ${timeout} ms.`)),
      timeout,
    )
    // Promise.resolve, since a thenable of the app's own may throw, or resolve with a promise that never settles.
    Promise.resolve(answer).then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(toError(error))
      },
    )
  })
}

/**
 * What a callback threw, as an `Error`. Frameworks take anything else for something else: Express takes `null` for
 * success and `'route'` for a command, and Hono lets it pass by `onError`.
 */
export function toError(thrown: unknown): Error {
  try {
    // By its tag too: in Jest and vm, an Error of the app's may be another realm's.
    if (thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]') return thrown as Error
  } catch {
    // A revoked proxy, or a tag that throws.
  }
  return new PingerchipsError('non_error_thrown', 'A callback threw something that is not an Error.', {
    cause: thrown,
  })
}
