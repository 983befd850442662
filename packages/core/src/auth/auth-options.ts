import { describeType, invalidArgument } from '../errors.ts'
import type { AuthEndpointOptions } from './auth-endpoint.ts'

type HandlerOption = Exclude<keyof AuthEndpointOptions<unknown, unknown>, 'path' | 'property'> | 'onError'

/** What a handler knows: the endpoint's options but for those that mount it, and its own. */
export const handlerOptionNames: Record<HandlerOption, true> = {
  client: true,
  user: true,
  authorize: true,
  signin: true,
  webhooks: true,
  rateLimit: true,
  timeout: true,
  onError: true,
}

/** @throws {TypeError} if it is not a function */
export function assertOnError(onError: unknown): void {
  if (typeof onError !== 'function')
    throw invalidArgument('options.onError', `must be a function (got ${describeType(onError)})`)
}
