import type { ChannelAuth } from '../signing/channel.ts'
import type { UserAuth } from '../signing/user.ts'

const commonHeaders: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
})

/** A response of the endpoint: JSON that no cache may store. An adapter sends it unchanged. */
export class EndpointResponse {
  /** The HTTP status: exactly 200 for a success, since client libraries take no other. */
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string

  /** @param body JSON text */
  constructor(status: number, body: string, headers?: Readonly<Record<string, string>>) {
    this.status = status
    this.headers = headers === undefined ? commonHeaders : { ...commonHeaders, ...headers }
    this.body = body
  }
}

/** A success: what the client library passes to the service. */
export function authResponse(auth: ChannelAuth | UserAuth): EndpointResponse {
  return new EndpointResponse(200, JSON.stringify(auth))
}

/** A success without content, for webhooks. */
export const emptyResponse: EndpointResponse = new EndpointResponse(200, '{}')

/** A refusal. The client learns nothing but `error`. */
export function errorResponse(
  status: number,
  error: string,
  headers?: Readonly<Record<string, string>>,
): EndpointResponse {
  return new EndpointResponse(status, JSON.stringify({ error }), headers)
}

type ErrorName =
  | 'malformedBody'
  | 'malformedSocketId'
  | 'malformedChannel'
  | 'noUser'
  | 'noAccess'
  | 'wrongMethod'
  | 'tooSlow'
  | 'tooLarge'
  | 'wrongType'
  | 'wrongEncoding'
  | 'limiterUnavailable'
  | 'notSigned'
  | 'malformedWebhook'
  | 'wrongWebhookType'
  | 'webhookTooLarge'
  | 'webhookBusy'
  | 'disabled'

/** The refusals that are the same for every request: none has room for what the client sent, or for a reason. */
export const errorResponses: Readonly<Record<ErrorName, EndpointResponse>> = {
  malformedBody: errorResponse(400, 'The body must be a JSON object or a form, with each field once'),
  malformedSocketId: errorResponse(400, 'socket_id is missing or malformed'),
  malformedChannel: errorResponse(400, 'channel_name is missing or malformed'),
  noUser: errorResponse(403, 'Unauthorized'),
  noAccess: errorResponse(403, 'Access denied'),
  wrongMethod: errorResponse(405, 'Method not allowed', { allow: 'POST' }),
  // RFC 9110, section 15.5.9: the client is not to send more on this connection.
  tooSlow: errorResponse(408, 'The body must be sent within 10 seconds', { connection: 'close' }),
  tooLarge: errorResponse(413, 'The body must be at most 16 KiB'),
  wrongType: errorResponse(415, 'The body must be application/json or application/x-www-form-urlencoded'),
  // RFC 9110, section 15.5.16: a 415 for a coding names those that are accepted.
  wrongEncoding: errorResponse(415, 'The body must not be compressed', { 'accept-encoding': 'identity' }),
  limiterUnavailable: errorResponse(503, 'Service unavailable'),
  // RFC 9110, section 15.5.2: a 401 has a challenge.
  notSigned: errorResponse(401, 'Not signed by the service', { 'www-authenticate': 'HMAC-SHA256' }),
  malformedWebhook: errorResponse(400, 'The body must be a webhook: { time_ms, events }'),
  wrongWebhookType: errorResponse(415, 'The body must be application/json'),
  webhookTooLarge: errorResponse(413, 'The body must be at most 1 MiB'),
  webhookBusy: errorResponse(503, 'This webhook is being handled', { 'retry-after': '1' }),
  disabled: errorResponse(503, 'Pingerchips is not configured on this server'),
}

/** The longest `Retry-After` that every client can hold, in seconds: some 68 years. */
const longestWait = 2 ** 31 - 1

/**
 * The refusal of a request over the rate limit, with `Retry-After` in whole seconds (RFC 9110, section 10.2.3).
 * @param wait milliseconds. A negative one becomes 1 second, and an infinite one 68 years
 */
export function tooManyRequests(wait: number): EndpointResponse {
  const seconds = Math.min(Math.max(Math.ceil(wait / 1000), 1), longestWait)
  return errorResponse(429, 'Too many requests', { 'retry-after': String(seconds) })
}

/** For handlers without a framework whose error handler would respond. */
export const internalError: EndpointResponse = errorResponse(500, 'Internal server error')

/**
 * The response for a client without credentials (`PingerchipsServer.disabled()`).
 * @throws any other error
 */
export function disabledResponse(error: unknown): EndpointResponse {
  // By its code: the client may be of another copy of this package.
  if ((error as { readonly code?: unknown }).code === 'disabled') return errorResponses.disabled
  throw error
}
