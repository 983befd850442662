import type { PingerchipsServer } from '../client.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import type { WebhookEndpointOptions } from '../webhooks/options.ts'
import { WebhookReceiver, type WebhookVerifier } from '../webhooks/receiver.ts'
import { RateLimit, type RateLimitContext, type RateLimitOptions } from './rate-limit.ts'
import type { EndpointResponse } from './responses.ts'
import type { Awaitable } from './run-callback.ts'

// Features of the endpoint that most apps do not use.

export { receiveWebhook } from '../webhooks/verify.ts'
export { respondToBatch } from './batch.ts'

/** The webhook endpoint; see {@link WebhookReceiver.respond}. */
export type RespondToWebhook<Request> = (
  request: Request,
  incoming: IncomingRequest,
  resolveClient: () => Awaitable<WebhookVerifier>,
) => Promise<EndpointResponse>

/** @param timeout milliseconds for the handler, and for each call of the store */
export function webhookEndpoint<Request>(
  options: WebhookEndpointOptions<Request>,
  timeout: number,
): RespondToWebhook<Request> {
  const receiver = new WebhookReceiver(options, timeout)
  return (request, incoming, resolveClient) => receiver.respond(request, incoming, resolveClient)
}

/** See {@link RateLimit.check}. */
export type CheckRateLimit<Request, User> = (
  context: RateLimitContext<Request, User>,
  resolveClient: () => Awaitable<PingerchipsServer>,
) => Promise<EndpointResponse | undefined>

export function rateLimitCheck<Request, User>(
  options: Omit<RateLimitOptions<Request, User>, 'address'>,
): CheckRateLimit<Request, User> {
  const rateLimit = new RateLimit(options)
  return (context, resolveClient) => rateLimit.check(context, resolveClient)
}
