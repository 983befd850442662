import { fromBase64, sha256, toBase64 } from '#primitives'
import { describeType, invalidArgument, PingerchipsError, type PingerchipsErrorDetails } from '../errors.ts'
import { once } from '../internal/once.ts'
import { systemCode } from '../transport/transport.ts'

const masterKeyBytes = 32

/** Keys of an app's encrypted channels, derived from the names of the channels and one master key. */
export class ChannelKeys {
  readonly #masterKey: Uint8Array | undefined

  /** @param masterKey of {@link toMasterKey}; `undefined` for an app without encrypted channels */
  constructor(masterKey: Uint8Array | undefined) {
    this.#masterKey = masterKey
    // Now, since Node 20 remembers a failed import, and later there may be no free file descriptor.
    if (masterKey !== undefined) loadCipher().catch(() => {})
  }

  /** @throws {PingerchipsError} `encryption_key_missing`, naming the `method` of the client that needs it */
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

  /** {@link ChannelKeys.keyOf} in base64, for an authorized client. */
  sharedSecret(channel: string, method: string): string {
    return toBase64(this.keyOf(channel, method))
  }

  #require(method: string, details?: PingerchipsErrorDetails): Uint8Array {
    if (this.#masterKey !== undefined) return this.#masterKey
    throw new PingerchipsError(
      'encryption_key_missing',
      `${method} needs the encryption master key for a private-encrypted- channel. Pass options.encryptionMasterKey or set PINGERCHIPS_ENCRYPTION_MASTER_KEY.`,
      details,
    )
  }
}

/**
 * Copies the bytes of a master key. `undefined` for no key.
 * @throws {TypeError} if it is not exactly 32 bytes, or base64 of them
 */
export function toMasterKey(value: unknown, argument: string): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value)) return fromBase64(value)
  if (value instanceof Uint8Array && value.byteLength === masterKeyBytes) return new Uint8Array(value)
  throw invalidArgument(
    argument,
    `must be base64 of exactly ${masterKeyBytes} bytes, or the bytes (received ${kindOf(value)}). Generate one with \`openssl rand -base64 32\``,
  )
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  return typeof value === 'string' && value !== '' ? 'other text' : describeType(value)
}

/** An event whose data is JSON to encrypt for its one channel. */
interface SealableEvent {
  readonly channels: readonly string[]
  readonly event: string
  readonly data: string
}

/**
 * Encrypts an event's data with NaCl's secretbox, as pusher-js decrypts it. Each event has a random nonce of its own: a
 * nonce that is used twice gives away both texts.
 * @throws {PingerchipsError} (as a rejection) `encryption_unavailable` if `@noble/ciphers` cannot be loaded
 */
export async function sealed<Event extends SealableEvent>(event: Event, keys: ChannelKeys): Promise<Event> {
  const { channels, data } = event
  const secretbox = await loadSecretbox(event)
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const ciphertext = secretbox(keys.keyOf(channels[0] ?? '', 'trigger()'), nonce).seal(new TextEncoder().encode(data))
  return { ...event, data: sealedText(toBase64(nonce), toBase64(ciphertext)) }
}

/** Only for apps with encrypted channels: it takes a quarter of the time to load all of this package. */
const loadCipher = once(() => import('@noble/ciphers/salsa.js'))

async function loadSecretbox({ channels, event }: SealableEvent) {
  try {
    const { secretbox } = await loadCipher()
    return secretbox
  } catch (error) {
    // Without the cause, whose message has a path of this machine.
    const code = systemCode(error)
    throw new PingerchipsError(
      'encryption_unavailable',
      `Could not load @noble/ciphers, which encrypts the event${code && ` (${code})`}. Check that it is installed. The next call tries again.`,
      { channels, event },
    )
  }
}

/** Length of a nonce of NaCl's secretbox. */
export const nonceBytes = 24
const tagBytes = 16

/** Maximum length of data whose encrypted form is at most `limit` bytes long. */
export function maxPlaintextBytes(limit: number): number {
  return Math.floor((limit - sealedText('', '').length - base64Length(nonceBytes)) / 4) * 3 - tagBytes
}

/** The data of an encrypted event, as pusher-js decrypts it. */
export function sealedText(nonce: string, ciphertext: string): string {
  return `{"nonce":"${nonce}","ciphertext":"${ciphertext}"}`
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}
