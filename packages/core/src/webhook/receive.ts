import { describeType, invalidArgument } from '../errors.ts'
import { assertHeaders, rawBytes, type WebhookInput } from './input.ts'
import { assertWebhookOptions, defaultTolerance, type WebhookOptions } from './options.ts'
import { ReplayGuard, type ReplayStore } from './replays.ts'
import { refusal, type WebhookResult } from './result.ts'
import { verifyWebhook, type WebhookSigner, webhookSigners } from './verify.ts'

const storeTimeout = 10_000

/** How long a webhook is remembered: as long as it may come again, and as long again for clocks that differ. */
export function rememberedFor(tolerance: number = defaultTolerance): number {
  return Math.floor(tolerance * 2) + 1
}

/** What {@link PingerchipsServer.webhook} does, for a client's own signer and memory. */
export async function receiveWebhook(
  input: WebhookInput,
  options: WebhookOptions,
  own: WebhookSigner,
  memory: ReplayStore,
): Promise<WebhookResult> {
  assertWebhookOptions(options, 'options')
  if (typeof input !== 'object' || input === null)
    throw invalidArgument('webhook', `must be an object { headers, rawBody } (got ${describeType(input)})`)
  const { headers, rawBody } = input
  assertHeaders(headers, 'webhook.headers')
  const body = rawBytes(rawBody, 'webhook.rawBody')
  const { additionalSecrets, tolerance = defaultTolerance, store = memory } = options

  const verified = verifyWebhook(headers, body, webhookSigners(own, additionalSecrets), tolerance)
  if ('ok' in verified) return verified
  if (store === false) return { ok: true, ...verified, release: async () => {} }
  const replays = new ReplayGuard(store, storeTimeout)
  const { id } = verified
  if ((await replays.add(id, 'handled', rememberedFor(tolerance))) !== undefined) return refusal('replayed')
  return { ok: true, ...verified, release: () => replays.delete(id) }
}
