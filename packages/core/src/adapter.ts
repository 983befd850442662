/**
 * What an adapter is made of: it carries a request in with a {@link IncomingRequest}, asks the {@link AuthEndpoint}, and carries the
 * {@link EndpointResponse} out. For authors of adapters and of hooks; an app needs none of it.
 */
export { EndpointResponse, internalError } from './endpoint/answer.ts'
export type { Attempt, UserContext } from './endpoint/attempt.ts'
export type { AuthorizeContext, AuthorizeResult } from './endpoint/authorize.ts'
export { maxBodyBytes, mediaTypes } from './endpoint/body.ts'
export type { Awaitable } from './endpoint/callback.ts'
export {
  bodyConsumed,
  type CarriedBody,
  type IncomingRequest,
  type RawBody,
  rawBodyConsumed,
  tooLarge,
} from './endpoint/carrier.ts'
export { clientPerEnv } from './endpoint/client-per-env.ts'
export { AuthEndpoint, type AuthEndpointOptions, type Route } from './endpoint/endpoint.ts'
export { type Framing, fromFetchRequest, toResponse } from './endpoint/fetch.ts'
export type { RateLimitContext, RateLimiter, RateLimitOptions } from './endpoint/limit-options.ts'
export { fromNodeRequest, headerOf, limitBodyTime, rawBodyOf, sendNodeResponse } from './endpoint/node.ts'
export type { RequestClient, RequestPorts } from './endpoint/request-client.ts'
export { describeType, invalidArgument } from './errors.ts'
export { assertOptions } from './options.ts'
