import { toBase64 } from '#primitives'
import { PingerchipsError } from '../errors.ts'
import type { OutgoingEvent } from '../trigger/protocol.ts'
import type { ChannelKeys } from './channel-keys.ts'
import { nonceBytes, sealedText } from './sealed-size.ts'

/**
 * An event for an encrypted channel with its data sealed by NaCl's secretbox, as pusher-js opens it. Each time with a
 * nonce of its own: two of the same would give away what they seal.
 * @throws {PingerchipsError} (as a rejection) `encryption_unavailable` if `@noble/ciphers` is not installed
 */
export async function sealed(event: OutgoingEvent, keys: ChannelKeys): Promise<OutgoingEvent> {
  const { channels, data } = event
  const secretbox = await loadSecretbox(event)
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const ciphertext = secretbox(keys.keyOf(channels[0] ?? '', 'trigger'), nonce).seal(new TextEncoder().encode(data))
  return { ...event, data: sealedText(toBase64(nonce), toBase64(ciphertext)) }
}

/** With the first sealed event, and not before: an app without encrypted channels needs no cipher. */
async function loadSecretbox({ channels, event }: OutgoingEvent) {
  // Inside `try`, so that a bundler lets the package be missing; Turbopack warns all the same, unless it is told.
  try {
    const { secretbox } = await import(/* turbopackOptional: true */ '@noble/ciphers/salsa.js')
    return secretbox
  } catch (cause) {
    throw new PingerchipsError(
      'encryption_unavailable',
      'An event for an encrypted channel is sealed with @noble/ciphers, which is not installed: npm install @noble/ciphers',
      { channels, event, cause },
    )
  }
}
