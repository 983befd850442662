import { assertIdentifier, assertSecret } from '../credentials.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions } from '../options.ts'
import { assertTimeout } from '../timeout.ts'
import { assertReplayStore, type ReplayStore } from './replays.ts'

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
