import { invalidArgument, typeName } from '../errors.ts'
import type { EndpointOptions } from './endpoint.ts'

type HandlerOption = Exclude<keyof EndpointOptions<unknown, unknown>, 'path' | 'name'> | 'onError'

/** What a handler knows: the endpoint's options but for those that mount it, and its own. */
export const handlerOptionNames: Record<HandlerOption, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  webhooks: true,
  limit: true,
  timeout: true,
  onError: true,
}

/** @throws {TypeError} if it is not a function */
export function assertOnError(onError: unknown): void {
  if (typeof onError !== 'function')
    throw invalidArgument('options.onError', `must be a function (got ${typeName(onError)})`)
}
