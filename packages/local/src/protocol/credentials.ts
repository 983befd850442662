import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Credentials of one app of the local service. They are invented: nothing outside this machine accepts them. */
export interface App {
  /** Names the app in the token protocol and in the Pusher HTTP API. Letters, digits, `.`, `_`, `~`, `-`. */
  readonly id: string
  /** Public. Names the app to clients and in the signed protocol. Letters, digits, `.`, `_`, `~`, `-`. */
  readonly key: string
  /** Signs requests, channel authorizations and sign-ins. Not empty. */
  readonly secret: string
  /** For the token protocol, visible ASCII. Default: none, and the token protocol refuses the app. */
  readonly token?: string
}

/** The app that `startLocal()` serves by default. Its credentials are public. */
export const defaultApp: App = Object.freeze({
  id: 'local',
  key: 'local-key',
  secret: 'local-secret',
  token: 'local-token',
})

/** Returns whether `signature` is the HMAC-SHA256 of the joined `parts`, as 64 lower-case hex digits. Never throws. */
export type VerifySignature = (signature: unknown, ...parts: readonly (string | Uint8Array)[]) => boolean

const digestPattern = /^[0-9a-f]{64}$/

/**
 * Creates a verifier for one secret. It is a copy of core's on purpose: the service must find a mistake that core makes,
 * so it shares none of core's checks.
 */
export function signatureVerifier(secret: string): VerifySignature {
  const key = createSecretKey(Buffer.from(secret, 'utf8'))
  return (signature, ...parts) => {
    const hmac = createHmac('sha256', key)
    for (const part of parts) hmac.update(part)
    const expected = hmac.digest()
    // The pattern fixes the length; timingSafeEqual throws for unequal lengths.
    if (typeof signature !== 'string' || !digestPattern.test(signature)) return false
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
  }
}
