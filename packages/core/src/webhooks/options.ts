import type { Awaitable } from '../auth/run-callback.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { assertIdentifier, assertOptions, assertSecret, assertTimeout } from '../internal/validate.ts'
import type { WebhookEvent } from './events.ts'
import { assertReplayStore, type ReplayStore } from './replay-guard.ts'

/** Another pair that signs webhooks. */
export interface WebhookSecret {
  /** What comes as `X-Pusher-Key`. */
  readonly key: string
  /** What `X-Pusher-Signature` is made with. Not empty. */
  readonly secret: string
}

/** Which webhooks to take in. */
export interface WebhookOptions {
  /**
   * What may have signed beside the client's own secret, while one takes another's place: a secret of the client's app
   * key, or a pair. At most 10. Default: none.
   */
  readonly additionalSecrets?: readonly (string | WebhookSecret)[] | undefined
  /**
   * Milliseconds that a webhook's `time_ms` may be away from this machine's clock, either way: 1 to 2147483647. At least
   * as long as the service goes on sending one again. Default: 300000, five minutes.
   */
  readonly tolerance?: number | undefined
  /**
   * Remembers webhooks for twice the tolerance, so that none is taken in twice. `false`: nothing does. Default: this
   * process's memory, of 100,000 webhooks.
   */
  readonly store?: ReplayStore | false | undefined
}

/** The names of {@link WebhookOptions}, for whatever takes more beside. */
export const webhookOptionNames: Record<keyof WebhookOptions, true> = {
  additionalSecrets: true,
  tolerance: true,
  store: true,
}
export const defaultTolerance = 300_000
const maxSecrets = 10

/**
 * @param known the names of the options that there may be
 * @throws {TypeError} naming the option that is malformed or unknown
 */
export function assertWebhookOptions(
  options: WebhookOptions,
  argument: string,
  known: Readonly<Record<string, true>> = webhookOptionNames,
): void {
  assertOptions(options, argument, known)
  const { additionalSecrets, tolerance, store } = options
  if (additionalSecrets !== undefined) assertSecrets(additionalSecrets, `${argument}.additionalSecrets`)
  if (tolerance !== undefined) assertTimeout(tolerance, `${argument}.tolerance`)
  if (store !== undefined && store !== false) assertReplayStore(store, `${argument}.store`)
}

function assertSecrets(secrets: readonly unknown[], argument: string): void {
  if (!Array.isArray(secrets) || secrets.length > maxSecrets)
    throw invalidArgument(argument, `must be an array of up to ${maxSecrets} (got ${describeType(secrets)})`)
  for (const [index, secret] of secrets.entries()) {
    const each = `${argument}[${index}]`
    if (typeof secret === 'string') assertSecret(secret, each)
    else {
      assertOptions(secret, each, { key: true, secret: true } satisfies Record<keyof WebhookSecret, true>)
      const pair = secret as Partial<WebhookSecret>
      assertIdentifier(pair.key, `${each}.key`)
      assertSecret(pair.secret, `${each}.secret`)
    }
  }
}

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
