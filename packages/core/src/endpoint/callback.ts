import { PingerchipsError } from '../errors.ts'

/** A value, or the promise of one. */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * Asks one of the app's callbacks. A callback that answers at once costs no timer.
 *
 * @throws {PingerchipsError} `callback_timeout` when it has not answered after `timeout` ms; `callback_threw` when it
 * threw something that is not an `Error`, which frameworks take for something else (Express takes `null` for success)
 */
export async function ask<T>(name: string, timeout: number, callback: () => Awaitable<T>): Promise<T> {
  try {
    const answer = callback()
    return isPromiseLike(answer) ? await within(name, timeout, answer) : answer
  } catch (error) {
    if (error instanceof Error) throw error
    throw new PingerchipsError('callback_threw', `${name} threw something that is not an Error.`, { cause: error })
  }
}

function within<T>(name: string, timeout: number, answer: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new PingerchipsError('callback_timeout', `${name} did not answer within ${timeout} ms.`)),
      timeout,
    )
    answer.then(resolve, reject).then(() => clearTimeout(timer))
  })
}

function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
