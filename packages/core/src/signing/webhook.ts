import { equalBytes } from '#primitives'
import type { Hmac } from '../crypto/node.ts'

/** Lower case alone, as the wire has it: of one webhook there is one signature, by which a second copy is known. */
const signaturePattern = /^[0-9a-f]{64}$/
const encoder = new TextEncoder()

/**
 * Whether one of the secrets has made a webhook's signature: HMAC-SHA256 of the raw body, as lower-case hex. Every secret
 * is tried, so that the time taken does not tell which it was.
 *
 * @param signature what came in the header; whatever is not a signature is `false`
 * @param body the bytes as they came
 */
export function isWebhookSignature(signature: unknown, body: Uint8Array, secrets: readonly Hmac[]): boolean {
  if (typeof signature !== 'string' || !signaturePattern.test(signature)) return false
  const given = encoder.encode(signature)
  let matches = false
  for (const hmac of secrets) matches = equalBytes(encoder.encode(hmac(body)), given) || matches
  return matches
}
