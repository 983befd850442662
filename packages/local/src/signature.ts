import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Whether `signature` is the HMAC-SHA256, as 64 lower-case hex digits, of `parts` put together. Never throws. */
export type VerifySignature = (signature: unknown, ...parts: readonly (string | Uint8Array)[]) => boolean

const digestPattern = /^[0-9a-f]{64}$/

export function signatureVerifier(secret: string): VerifySignature {
  const key = createSecretKey(Buffer.from(secret, 'utf8'))
  return (signature, ...parts) => {
    const hmac = createHmac('sha256', key)
    for (const part of parts) hmac.update(part)
    const expected = hmac.digest()
    // The pattern fixes the length, without which timingSafeEqual throws.
    if (typeof signature !== 'string' || !digestPattern.test(signature)) return false
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
  }
}
