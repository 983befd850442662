/**
 * The parts of an adapter: it wraps a framework's request as an {@link IncomingRequest}, has the {@link MountedEndpoint}
 * respond, and sends the {@link EndpointResponse}. For authors of adapters; an app needs none of it.
 */

export type { AuthEndpointOptions } from './auth/auth-options.ts'
export type { AuthorizeContext, AuthorizeResult } from './auth/decisions.ts'
export { MountedEndpoint, type RequestClientOptions } from './auth/mounted-endpoint.ts'
export { maxBodyBytes, type SubscribeRequest, type UserContext } from './auth/parse-request.ts'
export type { RateLimitContext, RateLimiter, RateLimitOptions } from './auth/rate-limit.ts'
export { RequestClient } from './auth/request-client.ts'
export { EndpointResponse, internalError } from './auth/responses.ts'
export { type Route, warnIfUnreachable } from './auth/routes.ts'
export type { Awaitable } from './auth/run-callback.ts'
export { describeType, invalidArgument } from './errors.ts'
export { assertOptions } from './internal/validate.ts'
export { type FetchRequestDetails, type Framing, fromFetchRequest, toResponse } from './requests/fetch-request.ts'
export {
  bodyConsumed,
  encoded,
  type IncomingRequest,
  type RawBody,
  type ReceivedBody,
  rawBodyConsumed,
  tooLarge,
  tooSlow,
} from './requests/incoming-request.ts'
export { type BodyHolder, fieldsOf, keptBody, keptRawBody } from './requests/kept-body.ts'
export { fromNodeRequest, headerOf, limitBodyTime, sendNodeResponse } from './requests/node-request.ts'
export type { BodyDeadline } from './requests/read-body.ts'
