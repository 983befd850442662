/**
 * What an adapter is made of: it carries a request in with a {@link IncomingRequest}, asks the {@link AuthEndpoint}, and carries the
 * {@link EndpointResponse} out. For authors of adapters and of hooks; an app needs none of it.
 */

export { AuthEndpoint, type AuthEndpointOptions, type Route } from './auth/auth-endpoint.ts'
export { clientPerEnv } from './auth/client-per-env.ts'
export type { AuthorizeContext, AuthorizeResult } from './auth/decisions.ts'
export type { Attempt, UserContext } from './auth/parse-request.ts'
export { maxBodyBytes, mediaTypes } from './auth/parse-request.ts'
export type { RateLimitContext, RateLimiter, RateLimitOptions } from './auth/rate-limit.ts'
export type { RequestClient, RequestPorts } from './auth/request-client.ts'
export { EndpointResponse, internalError } from './auth/responses.ts'
export type { Awaitable } from './auth/run-callback.ts'
export { describeType, invalidArgument } from './errors.ts'
export { assertOptions } from './internal/validate.ts'
export { type Framing, fromFetchRequest, toResponse } from './requests/fetch-request.ts'
export {
  bodyConsumed,
  type CarriedBody,
  type IncomingRequest,
  type RawBody,
  rawBodyConsumed,
  tooLarge,
} from './requests/incoming-request.ts'
export { fromNodeRequest, headerOf, limitBodyTime, rawBodyOf, sendNodeResponse } from './requests/node-request.ts'
