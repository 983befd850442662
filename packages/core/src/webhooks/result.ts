import type { WebhookEvent } from './events.ts'

/**
 * Reason for which a webhook is refused.
 *
 * | code | meaning | `status` |
 * | --- | --- | --- |
 * | `missing_signature` | the header `X-Pusher-Key` or `X-Pusher-Signature` is missing | 401 |
 * | `unknown_key` | the key is neither the client's app key nor one of `additionalSecrets` | 401 |
 * | `invalid_signature` | no secret of the key has signed this body | 401 |
 * | `expired` | the signature is valid, and the timestamp is outside of the tolerance | 401 |
 * | `malformed` | the signature is valid, and the body is not a webhook | 400 |
 * | `replayed` | the signature is valid, and the webhook has been received before | 200 |
 */
export type WebhookRefusalCode =
  | 'missing_signature'
  | 'unknown_key'
  | 'invalid_signature'
  | 'expired'
  | 'malformed'
  | 'replayed'

const statusByCode: Readonly<Record<WebhookRefusalCode, WebhookRefusal['status']>> = {
  missing_signature: 401,
  unknown_key: 401,
  invalid_signature: 401,
  expired: 401,
  malformed: 400,
  // The service may not have received the first 200, and would deliver the webhook again and again.
  replayed: 200,
}

/** A refused webhook. */
export interface WebhookRefusal {
  /** Distinguishes it from a {@link Webhook}. */
  readonly ok: false
  /** The reason. */
  readonly code: WebhookRefusalCode
  /** HTTP status for the response to the service. */
  readonly status: 200 | 400 | 401
}

/** A verified webhook. */
export interface Webhook {
  /** Distinguishes it from a `WebhookRefusal`. */
  readonly ok: true
  /** Its signature: the same for every delivery of it, and different for every other webhook. */
  readonly id: string
  /** Time at which the service made it: milliseconds since 1970. */
  readonly timeMs: number
  /** In the order in which they happened. */
  readonly events: readonly WebhookEvent[]
  /**
   * Makes the webhook count as not received. Call it if you could not handle it, before you respond with an error that
   * makes the service deliver it again.
   */
  release(): Promise<void>
}

/** Result of {@link PingerchipsServer.webhook}: `if (webhook.ok)` narrows it. */
export type WebhookResult = Webhook | WebhookRefusal

export function refusal(code: WebhookRefusalCode): WebhookRefusal {
  return { ok: false, code, status: statusByCode[code] }
}
