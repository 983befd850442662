import { hmacSha256 } from '#primitives'
import { isRecord } from '../json.ts'
import type { Hmac } from '../sign/hmac.ts'
import { isWebhookSignature } from '../sign/webhook.ts'
import { toWebhookEvent, type WebhookEvent } from './event.ts'
import { type WebhookHeaders, webhookHeader } from './input.ts'
import type { WebhookSecret } from './options.ts'
import { refusal, type WebhookRefusal } from './result.ts'

/** A webhook that is well signed, of its time, and read. */
export interface VerifiedWebhook {
  readonly id: string
  readonly timeMs: number
  readonly events: readonly WebhookEvent[]
}

/** A key and what signs with its secret. */
export interface WebhookSigner {
  readonly key: string
  readonly hmac: Hmac
}

/** The client's own signer and those of the secrets beside it. */
export function webhookSigners(
  own: WebhookSigner,
  secrets: readonly (string | WebhookSecret)[] = [],
): readonly WebhookSigner[] {
  const others = secrets.map((secret) =>
    typeof secret === 'string'
      ? { key: own.key, hmac: hmacSha256(secret) }
      : { key: secret.key, hmac: hmacSha256(secret.secret) },
  )
  return [own, ...others]
}

/** Never throws: nothing is read of a body before it is known who has signed it. */
export function verifyWebhook(
  headers: WebhookHeaders,
  body: Uint8Array,
  signers: readonly WebhookSigner[],
  tolerance: number,
): VerifiedWebhook | WebhookRefusal {
  const key = webhookHeader(headers, 'x-pusher-key')
  const signature = webhookHeader(headers, 'x-pusher-signature')
  if (key === '' || signature === '') return refusal('missing_signature')
  const secrets = signers.filter((signer) => signer.key === key).map(({ hmac }) => hmac)
  if (secrets.length === 0) return refusal('unknown_key')
  if (!isWebhookSignature(signature, body, secrets)) return refusal('invalid_signature')
  const read = readWebhook(body)
  if (read === undefined) return refusal('malformed')
  return Math.abs(Date.now() - read.timeMs) > tolerance ? refusal('expired') : { id: signature, ...read }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** From the bytes that were verified, not from a text that may have been decoded otherwise. */
function readWebhook(body: Uint8Array): Omit<VerifiedWebhook, 'id'> | undefined {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(body))
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { time_ms, events } = value
  if (typeof time_ms !== 'number' || !Number.isSafeInteger(time_ms) || !Array.isArray(events)) return undefined
  return events.every(isRecord) ? { timeMs: time_ms, events: events.map(toWebhookEvent) } : undefined
}
