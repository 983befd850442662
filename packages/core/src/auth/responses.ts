import type { ChannelAuth } from '../signing/channel.ts'
import type { UserAuth } from '../signing/user.ts'

const everyAnswer: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
})

/** What the endpoint answers: JSON that nobody may store. An adapter carries it out as it is. */
export class EndpointResponse {
  /** The HTTP status: exactly 200 for a success, which is what clients take for one. */
  readonly status: number
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string

  /** @param body JSON text */
  constructor(status: number, body: string, headers?: Readonly<Record<string, string>>) {
    this.status = status
    this.headers = headers === undefined ? everyAnswer : { ...everyAnswer, ...headers }
    this.body = body
  }
}

/** Client libraries take exactly 200 for a success. */
export function authResponse({ auth, channel_data, user_data, shared_secret }: ChannelAuth): EndpointResponse {
  // A key, a signature and base64 hold nothing that JSON escapes; a general JSON.stringify takes as long as one of the hashes.
  if (channel_data !== undefined)
    return new EndpointResponse(200, `{"auth":"${auth}","channel_data":${JSON.stringify(channel_data)}}`)
  if (user_data !== undefined)
    return new EndpointResponse(200, `{"auth":"${auth}","user_data":${JSON.stringify(user_data)}}`)
  if (shared_secret !== undefined)
    return new EndpointResponse(200, `{"auth":"${auth}","shared_secret":"${shared_secret}"}`)
  return new EndpointResponse(200, `{"auth":"${auth}"}`)
}

export function signedIn(auth: UserAuth): EndpointResponse {
  return new EndpointResponse(200, JSON.stringify(auth))
}

/** A webhook that is done with. */
export const emptyResponse: EndpointResponse = new EndpointResponse(200, '{}')

/** A refusal. `error` is all that the client is told. */
export function errorResponse(
  status: number,
  error: string,
  headers?: Readonly<Record<string, string>>,
): EndpointResponse {
  return new EndpointResponse(status, JSON.stringify({ error }), headers)
}

type RefusalName =
  | 'malformedBody'
  | 'malformedSocketId'
  | 'malformedChannel'
  | 'noUser'
  | 'noAccess'
  | 'wrongMethod'
  | 'tooLarge'
  | 'wrongType'
  | 'limiterUnavailable'
  | 'notSigned'
  | 'malformedWebhook'
  | 'wrongWebhookType'
  | 'webhookTooLarge'
  | 'webhookBusy'
  | 'disabled'

/** Every refusal but {@link tooManyRequests}, made once: none has room for what the client sent, or for a reason. */
export const errorResponses: Readonly<Record<RefusalName, EndpointResponse>> = {
  malformedBody: errorResponse(400, 'The body must be a JSON object or a form, with each field once'),
  malformedSocketId: errorResponse(400, 'socket_id is missing or malformed'),
  malformedChannel: errorResponse(400, 'channel_name is missing or malformed'),
  noUser: errorResponse(403, 'Unauthorized'),
  noAccess: errorResponse(403, 'Access denied'),
  wrongMethod: errorResponse(405, 'Method not allowed', { allow: 'POST' }),
  tooLarge: errorResponse(413, 'The body must be at most 16 KiB'),
  wrongType: errorResponse(415, 'The body must be application/json or application/x-www-form-urlencoded'),
  limiterUnavailable: errorResponse(503, 'Service unavailable'),
  // RFC 9110, section 15.5.2: a 401 names what it wants.
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
 * The one refusal that is made for its request: when to ask again, in whole seconds (RFC 9110, section 10.2.3).
 * @param wait milliseconds; one that has passed, or that never ends, is 1 second, or 68 years
 */
export function tooManyRequests(wait: number): EndpointResponse {
  const seconds = Math.min(Math.max(Math.ceil(wait / 1000), 1), longestWait)
  return errorResponse(429, 'Too many requests', { 'retry-after': String(seconds) })
}

/** For handlers with no framework behind them that would answer for an error. */
export const internalError: EndpointResponse = errorResponse(500, 'Internal server error')
