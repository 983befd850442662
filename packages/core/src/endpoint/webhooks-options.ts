import { describeType, invalidArgument } from '../errors.ts'
import type { WebhookEvent } from '../webhook/event.ts'
import { assertWebhookOptions, type WebhookOptions, webhookOptionNames } from '../webhook/options.ts'
import type { Awaitable } from './callback.ts'

/** What `on` is told of a webhook, beside its events. */
export interface WebhookDelivery<Request> {
  /** The same when the service sends the webhook again, and no other's. */
  readonly id: string
  /** When the service made it: milliseconds since 1970. */
  readonly timeMs: number
  /** The framework's own request. */
  readonly request: Request
}

/** Which webhooks to take in, and what to do with them. */
export interface WebhookEndpointOptions<Request> extends WebhookOptions {
  /**
   * Where it is, below whatever the endpoint is mounted on; of `fetchHandler` and `nodeHandler` the last segment alone
   * counts. Default: beside the auth endpoint, the last segment being `webhooks`.
   */
  readonly path?: string | undefined
  /**
   * Handles a webhook that the service has signed. The service is answered 200 once this has resolved. When it fails, or
   * takes longer than the endpoint's `timeout`, the failure goes the way of the app's own, and the service sends it again.
   */
  readonly handler: (events: readonly WebhookEvent[], delivery: WebhookDelivery<Request>) => Awaitable<unknown>
}

const optionNames: Record<keyof WebhookEndpointOptions<unknown>, true> = {
  ...webhookOptionNames,
  path: true,
  handler: true,
}

/** The most of a webhook that is read, in bytes: the service sends many events in one. */
export const maxWebhookBytes: number = 1024 * 1024

/** @throws {TypeError} naming the option that is missing, malformed or unknown */
export function assertWebhooks(options: WebhookEndpointOptions<never>): void {
  assertWebhookOptions(options, 'options.webhooks', optionNames)
  const { handler } = options
  if (typeof handler !== 'function')
    throw invalidArgument('options.webhooks.handler', `must be a function (got ${describeType(handler)})`)
}
