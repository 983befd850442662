import type { WebhookEvent } from './events.ts'

/**
 * Why a webhook is not taken in.
 *
 * | code | meaning | `status` |
 * | --- | --- | --- |
 * | `missing_signature` | a header is missing: `X-Pusher-Key` or `X-Pusher-Signature` | 401 |
 * | `unknown_key` | the key is neither the client's app key nor one of `secrets` | 401 |
 * | `invalid_signature` | none of the key's secrets has signed this body | 401 |
 * | `expired` | well signed, and too old or too far ahead | 401 |
 * | `malformed` | well signed, and no webhook | 400 |
 * | `replayed` | well signed, and it came before | 200 |
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
  // The service may not have heard our 200, and would go on sending.
  replayed: 200,
}

/** A webhook that is not taken in. */
export interface WebhookRefusal {
  /** Tells it from a {@link Webhook}. */
  readonly ok: false
  /** Why. */
  readonly code: WebhookRefusalCode
  /** The HTTP status to answer the service. */
  readonly status: 200 | 400 | 401
}

/** A webhook that the service has signed. */
export interface Webhook {
  /** Tells it from a {@link WebhookRefusal}. */
  readonly ok: true
  /** Its signature: the same when the service sends it again, and no other's. */
  readonly id: string
  /** When the service made it: milliseconds since 1970. */
  readonly timeMs: number
  /** In the order in which they happened. */
  readonly events: readonly WebhookEvent[]
  /** Forgets that it came. Call it when you could not handle it, before an answer that has the service send it again. */
  release(): Promise<void>
}

/** What {@link PingerchipsServer.webhook} makes of a webhook: `if (webhook.ok)` tells which. */
export type WebhookResult = Webhook | WebhookRefusal

export function refusal(code: WebhookRefusalCode): WebhookRefusal {
  return { ok: false, code, status: statusByCode[code] }
}
