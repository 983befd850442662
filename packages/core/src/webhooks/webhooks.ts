import type { EndpointResponse } from '../auth/responses.ts'
import type { Awaitable } from '../auth/run-callback.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import type { WebhookEndpointOptions } from './options.ts'
import { WebhookReceiver, type WebhookVerifier } from './receiver.ts'

export { receiveWebhook } from './verify.ts'

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
