import { invalidArgument, typeName } from '../errors.ts'

/** What a handler knows: the endpoint's options but for those that mount it, and its own. */
export const handlerOptionNames: string[] = ['client', 'user', 'authorize', 'timeout', 'onError']

/** What a handler without a framework behind it does with an app's failure that nobody else wants to hear of. */
export function reportError(error: Error): void {
  console.error(error)
}

/** @throws {TypeError} if it is not a function */
export function assertOnError(onError: unknown): void {
  if (typeof onError !== 'function')
    throw invalidArgument('options.onError', `must be a function (got ${typeName(onError)})`)
}
