import { fromBase64, sha256, toBase64 } from '#primitives'
import { describeType, invalidArgument, PingerchipsError, type PingerchipsErrorDetails } from '../errors.ts'
import type { OutgoingEvent } from '../http-api/protocols/protocol.ts'

const masterKeyBytes = 32

/** The keys of an app's encrypted channels: each is made of the channel's name and of one master key. */
export class ChannelKeys {
  readonly #masterKey: Uint8Array | undefined

  /** @param masterKey as {@link toMasterKey} gave it; `undefined` where the app has none, and with it no such channels */
  constructor(masterKey: Uint8Array | undefined) {
    this.#masterKey = masterKey
  }

  /** @throws {PingerchipsError} `encryption_key_missing`, telling what `method` of the client needs */
  assertPresent(method: string, details?: PingerchipsErrorDetails): void {
    this.#require(method, details)
  }

  /**
   * The key of one channel: SHA-256 of its name and the master key.
   * @throws {PingerchipsError} as {@link ChannelKeys.assertPresent}
   */
  keyOf(channel: string, method: string): Uint8Array {
    const masterKey = this.#require(method)
    // A name's alphabet is ASCII: a character is a byte.
    const bytes = new Uint8Array(channel.length + masterKeyBytes)
    new TextEncoder().encodeInto(channel, bytes)
    bytes.set(masterKey, channel.length)
    return sha256(bytes)
  }

  /** {@link ChannelKeys.keyOf} in base64, as a client that was let in is given it. */
  sharedSecret(channel: string, method: string): string {
    return toBase64(this.keyOf(channel, method))
  }

  #require(method: string, details?: PingerchipsErrorDetails): Uint8Array {
    if (this.#masterKey !== undefined) return this.#masterKey
    throw new PingerchipsError(
      'encryption_key_missing',
      `${method} needs the encryption master key for a private-encrypted- channel, which this client was made without: pass options.encryptionMasterKey or set PINGERCHIPS_ENCRYPTION_MASTER_KEY.`,
      details,
    )
  }
}

/**
 * The bytes of a master key; a copy, which nobody else can change. `undefined` for no key.
 * @throws {TypeError} if it is not exactly 32 bytes, or base64 of them
 */
export function toMasterKey(value: unknown, argument: string): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value)) return fromBase64(value)
  if (value instanceof Uint8Array && value.byteLength === masterKeyBytes) return new Uint8Array(value)
  throw invalidArgument(
    argument,
    `must be base64 of exactly ${masterKeyBytes} bytes, or the bytes (got ${kindOf(value)}); make one with: openssl rand -base64 32`,
  )
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  return typeof value === 'string' && value !== '' ? 'other text' : describeType(value)
}

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

/** Of NaCl's secretbox, which seals the events for encrypted channels. */
export const nonceBytes = 24
const tagBytes = 16

/** How many bytes of data may be sealed for what is sent to be no longer than `limit`. */
export function maxPlaintextBytes(limit: number): number {
  return Math.floor((limit - sealedText('', '').length - base64Length(nonceBytes)) / 4) * 3 - tagBytes
}

/** What is sent of a sealed event, as pusher-js opens it. */
export function sealedText(nonce: string, ciphertext: string): string {
  return `{"nonce":"${nonce}","ciphertext":"${ciphertext}"}`
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}
