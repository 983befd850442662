/**
 * What an adapter is made of: it carries a request in with a {@link Carrier}, asks the {@link Endpoint}, and carries the
 * {@link Answer} out. For authors of adapters and of hooks; an app needs none of it.
 */
export { Answer, internalError } from './endpoint/answer.ts'
export type { Attempt, UserAttempt } from './endpoint/attempt.ts'
export type { AuthorizeAnswer, AuthorizeAttempt } from './endpoint/authorize.ts'
export { maxBodyBytes, mediaTypes } from './endpoint/body.ts'
export type { Awaitable } from './endpoint/callback.ts'
export {
  bodyConsumed,
  type CarriedBody,
  type Carrier,
  type RawBody,
  rawBodyConsumed,
  tooLarge,
} from './endpoint/carrier.ts'
export { clientPerEnv } from './endpoint/client-per-env.ts'
export { Endpoint, type EndpointOptions, type Route } from './endpoint/endpoint.ts'
export { type Framing, fetchCarrier, toResponse } from './endpoint/fetch.ts'
export type { LimitAttempt, LimitOptions, RateLimiter } from './endpoint/limit-options.ts'
export { headerOf, limitBodyTime, nodeCarrier, rawBodyOf, sendNode } from './endpoint/node.ts'
export type { RequestPingerchips, RequestPorts } from './endpoint/request-client.ts'
export { invalidArgument, typeName } from './errors.ts'
export { assertOptions } from './options.ts'
