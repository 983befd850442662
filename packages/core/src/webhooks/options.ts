import type { Awaitable } from '../auth/run-callback.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { assertFunction, assertIdentifier, assertOptions, assertSecret, assertTimeout } from '../internal/validate.ts'
import type { WebhookEvent } from './events.ts'
import { assertReplayStore, type ReplayStore } from './replay-guard.ts'

/** Another key that signs webhooks, and its secret. */
export interface WebhookSecret {
  /** The value of `X-Pusher-Key`. */
  readonly key: string
  /** The secret of `X-Pusher-Signature`. Not empty. */
  readonly secret: string
}

/** Options for verifying webhooks. */
export interface WebhookOptions {
  /**
   * Secrets that are valid beside the client's own, for key rotation: a secret of the client's app key, or a key with its
   * secret. At most 10, and at most 2 of one key, since a forged webhook costs a hash with each. Default: none.
   */
  readonly additionalSecrets?: readonly (string | WebhookSecret)[] | undefined
  /**
   * Milliseconds that a webhook's `time_ms` may differ from this machine's clock, either way: 1 to 2147483647. A shorter
   * time than that of the service's retries loses webhooks. Default: 300000 ms (5 minutes).
   */
  readonly tolerance?: number | undefined
  /**
   * Store of received webhooks, each for twice the tolerance, so that none is handled twice. `false` accepts replays.
   * Default: the memory of this process, for 100,000 webhooks.
   */
  readonly store?: ReplayStore | false | undefined
}

const verifyOptionNames: Record<keyof WebhookOptions, true> = { additionalSecrets: true, tolerance: true, store: true }
export const defaultTolerance = 300_000
const maxSecrets = 10
const maxSecretsOfKey = 2

/**
 * @param known the names of all options that are allowed
 * @throws {TypeError} naming the option that is malformed or unknown
 */
export function assertWebhookOptions(
  options: WebhookOptions,
  argument: string,
  known: Readonly<Record<string, true>> = verifyOptionNames,
): void {
  assertOptions(options, argument, known)
  const { additionalSecrets, tolerance, store } = options
  if (additionalSecrets !== undefined) assertSecrets(additionalSecrets, `${argument}.additionalSecrets`)
  if (tolerance !== undefined) assertTimeout(tolerance, `${argument}.tolerance`)
  if (store !== undefined && store !== false) assertReplayStore(store, `${argument}.store`)
}

function assertSecrets(secrets: readonly unknown[], argument: string): void {
  if (!Array.isArray(secrets)) throw invalidArgument(argument, `must be an array (received ${describeType(secrets)})`)
  if (secrets.length > maxSecrets)
    throw invalidArgument(argument, `must have at most ${maxSecrets} entries (received ${secrets.length})`)
  const countByKey = new Map<string | undefined, number>()
  for (const [index, secret] of secrets.entries()) {
    const key = assertAnySecret(secret, `${argument}[${index}]`)
    const count = (countByKey.get(key) ?? 0) + 1
    countByKey.set(key, count)
    if (count > maxSecretsOfKey)
      throw invalidArgument(argument, `must have at most ${maxSecretsOfKey} secrets of one key`)
  }
}

/** @returns its key; `undefined` for the client's own */
function assertAnySecret(secret: unknown, argument: string): string | undefined {
  if (typeof secret === 'string') {
    assertSecret(secret, argument)
    return undefined
  }
  assertOptions(secret, argument, { key: true, secret: true } satisfies Record<keyof WebhookSecret, true>)
  const pair = secret as Partial<WebhookSecret>
  assertIdentifier(pair.key, `${argument}.key`)
  assertSecret(pair.secret, `${argument}.secret`)
  return pair.key
}

/** The second argument of a webhook handler. */
export interface WebhookDelivery<Request> {
  /** The webhook's signature: the same for every delivery of it, and different for every other webhook. */
  readonly id: string
  /** Time at which the service made it: milliseconds since 1970. */
  readonly timeMs: number
  /** The framework's own request. */
  readonly request: Request
}

/** Options of the webhook endpoint. */
export interface WebhookEndpointOptions<Request> extends WebhookOptions {
  /**
   * Path below the mount point; `fetchHandler` and `nodeHandler` compare its last segment only. Default: beside the auth
   * endpoint, with the last segment `webhooks`.
   */
  readonly path?: string | undefined
  /**
   * Called with the events of each verified webhook. The service receives a 200 once it has resolved. If it throws, or
   * takes longer than the endpoint's `timeout`, the error goes to the framework's error handler, and the service delivers
   * the webhook again.
   */
  readonly handler: (events: readonly WebhookEvent[], delivery: WebhookDelivery<Request>) => Awaitable<unknown>
}

const endpointOptionNames: Record<keyof WebhookEndpointOptions<unknown>, true> = {
  ...verifyOptionNames,
  path: true,
  handler: true,
}

/** Maximum length of a webhook in bytes. The service sends many events in one. */
export const maxWebhookBytes: number = 1024 * 1024

/** @throws {TypeError} naming the option that is missing, malformed or unknown */
export function assertWebhooks(options: WebhookEndpointOptions<never>): void {
  assertWebhookOptions(options, 'options.webhooks', endpointOptionNames)
  assertFunction(options.handler, 'options.webhooks.handler')
}
