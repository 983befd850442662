import { hmacSha256 } from '#primitives'
import type { Hmac } from '../crypto/node.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { isWebhookSignature } from '../signing/webhook.ts'
import { toWebhookEvent, type WebhookEvent } from './events.ts'
import { assertWebhookOptions, defaultTolerance, type WebhookOptions, type WebhookSecret } from './options.ts'
import { ReplayGuard, type ReplayStore } from './replay-guard.ts'
import { refusal, type WebhookRefusal, type WebhookResult } from './result.ts'

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

/** A webhook as it came. Node's own request fits, with a `rawBody`. */
export interface WebhookInput {
  /** The request's headers: `Headers`, or an object of them with names in any case. */
  readonly headers: WebhookHeaders
  /**
   * The body, byte for byte. A string is taken for its UTF-8: it must not have been decoded from anything else. Never
   * what a parser made of it, since JSON that is written again is other bytes.
   */
  readonly rawBody: Uint8Array | ArrayBuffer | string
}

/** Headers of the Fetch API, or an object of them with names in any case, as Node has. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A header's value, or an empty text; those of one that came several times joined, which is then nobody's key and
 * nobody's signature.
 * @param name in lower case
 */
export function webhookHeader(headers: WebhookHeaders, name: string): string {
  if (isFetchHeaders(headers)) return headers.get(name) ?? ''
  const values = Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? value : undefined))
  return values.filter((value) => typeof value === 'string').join(', ')
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function'
}

/** @throws {TypeError} if it is no object of headers */
export function assertHeaders(value: unknown, argument: string): asserts value is WebhookHeaders {
  if (!isRecord(value)) throw invalidArgument(argument, `must be the request's headers (got ${describeType(value)})`)
}

/**
 * The bytes that were signed.
 * @throws {TypeError} for anything but bytes and text, saying what to do about a parser
 */
export function rawBytes(value: unknown, argument: string): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  // By its tag: in Jest and vm, the app's may be another realm's.
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return new Uint8Array(value as ArrayBuffer)
  throw invalidArgument(
    argument,
    `must be the raw body, as bytes or text: they are what was signed, and what a parser makes of them is not (got ${describeType(value)}). Read it before the parser, or have the parser keep it: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })`,
  )
}

const storeTimeout = 10_000

/** How long a webhook is remembered: as long as it may come again, and as long again for clocks that differ. */
export function rememberedFor(tolerance: number = defaultTolerance): number {
  return Math.floor(tolerance * 2) + 1
}

/** What {@link PingerchipsServer.webhook} does, for a client's own signer and memory. */
export async function receiveWebhook(
  input: WebhookInput,
  options: WebhookOptions,
  own: WebhookSigner,
  memory: ReplayStore,
): Promise<WebhookResult> {
  assertWebhookOptions(options, 'options')
  if (typeof input !== 'object' || input === null)
    throw invalidArgument('webhook', `must be an object { headers, rawBody } (got ${describeType(input)})`)
  const { headers, rawBody } = input
  assertHeaders(headers, 'webhook.headers')
  const body = rawBytes(rawBody, 'webhook.rawBody')
  const { additionalSecrets, tolerance = defaultTolerance, store = memory } = options

  const verified = verifyWebhook(headers, body, webhookSigners(own, additionalSecrets), tolerance)
  if ('ok' in verified) return verified
  if (store === false) return { ok: true, ...verified, release: async () => {} }
  const replays = new ReplayGuard(store, storeTimeout)
  const { id } = verified
  if ((await replays.add(id, 'handled', rememberedFor(tolerance))) !== undefined) return refusal('replayed')
  return { ok: true, ...verified, release: () => replays.delete(id) }
}
