import { equalBytes } from '#primitives'
import type { Hmac } from '../crypto/node.ts'

const encoder = new TextEncoder()

/**
 * Whether a header has the form of a signature. Only lower case, as the service sends it: each webhook then has one
 * signature, by which a replay is recognised.
 */
export function isSignature(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/**
 * Whether one of the secrets has made the signature: HMAC-SHA256 of the raw body, as lower-case hex. All of them are
 * tried, so that the time does not depend on which one it was.
 *
 * @param signature with the form of {@link isSignature}
 * @param body the bytes as received
 */
export function isWebhookSignature(signature: string, body: Uint8Array, secrets: readonly Hmac[]): boolean {
  const given = encoder.encode(signature)
  let matches = false
  for (const hmac of secrets) matches = equalBytes(encoder.encode(hmac(body)), given) || matches
  return matches
}
