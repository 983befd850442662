import { hmacSha256 } from '#primitives'
import type { Hmac } from '../crypto/node.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { isSignature, isWebhookSignature } from '../signing/webhook.ts'
import { toWebhookEvent, type WebhookEvent } from './events.ts'
import { MemoryReplayStore } from './memory-replay-store.ts'
import { assertWebhookOptions, defaultTolerance, type WebhookOptions, type WebhookSecret } from './options.ts'
import { ReplayGuard, type ReplayStore } from './replay-guard.ts'
import { refusal, type WebhookRefusal, type WebhookResult } from './result.ts'

/** A webhook with a valid signature and a recent timestamp, parsed. */
export interface VerifiedWebhook {
  readonly id: string
  readonly timeMs: number
  readonly events: readonly WebhookEvent[]
}

/** An app key and the HMAC of its secret. */
export interface WebhookSigner {
  readonly key: string
  readonly hmac: Hmac
}

/**
 * Never throws. The headers are checked first: a body of 1 MiB takes 1 ms to hash with each secret, and only those of the
 * key in the header are used.
 */
function verifyWebhook(
  headers: WebhookHeaders,
  body: Uint8Array,
  own: WebhookSigner,
  { additionalSecrets = [], tolerance = defaultTolerance }: WebhookOptions,
): VerifiedWebhook | WebhookRefusal {
  const key = webhookHeader(headers, 'x-pusher-key')
  const signature = webhookHeader(headers, 'x-pusher-signature')
  if (key === '' || signature === '') return refusal('missing_signature')
  const hmacs = hmacsOf(key, own, additionalSecrets)
  if (hmacs.length === 0) return refusal('unknown_key')
  if (!isSignature(signature) || !isWebhookSignature(signature, body, hmacs)) return refusal('invalid_signature')
  const read = readWebhook(body)
  if (read === undefined) return refusal('malformed')
  return Math.abs(Date.now() - read.timeMs) > tolerance ? refusal('expired') : { id: signature, ...read }
}

function hmacsOf(key: string, own: WebhookSigner, secrets: readonly (string | WebhookSecret)[]): readonly Hmac[] {
  const additional = secrets
    .map((secret) => (typeof secret === 'string' ? { key: own.key, secret } : secret))
    .filter((pair) => pair.key === key)
    .map(({ secret }) => hmacSha256(secret))
  return own.key === key ? [own.hmac, ...additional] : additional
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses the bytes that were verified, not a text that may have been decoded differently. */
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

/** A received webhook. Node's own request fits, with a `rawBody`. */
export interface WebhookInput {
  /** The request's headers: `Headers`, or an object of them with names in any case. */
  readonly headers: WebhookHeaders
  /**
   * The body, byte for byte. A string stands for its UTF-8 and must not have been decoded from another encoding. A parsed
   * body is refused: JSON that is written again has other bytes.
   */
  readonly rawBody: Uint8Array | ArrayBuffer | string
}

/** Headers of the Fetch API, or an object of them with names in any case, as Node has. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A header's value, or an empty text. Values of a repeated header are joined, which makes no valid key and no signature.
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
function assertHeaders(value: unknown, argument: string): asserts value is WebhookHeaders {
  if (!isRecord(value))
    throw invalidArgument(argument, `must be the request's headers (received ${describeType(value)})`)
}

/** @throws {TypeError} for anything but bytes and text, with the fix for a body that a parser has read */
function rawBytes(value: unknown, argument: string): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  // By its tag: in Jest and vm, the app's may be of another realm.
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return new Uint8Array(value as ArrayBuffer)
  throw invalidArgument(
    argument,
    `must be the raw body, as bytes or text, not a parsed body (received ${describeType(value)}). Read it before the parser, or let the parser keep it: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } })`,
  )
}

const storeTimeout = 10_000

/** Milliseconds to remember a webhook: it may be delivered again within the tolerance on either side. */
export function rememberedFor(tolerance: number = defaultTolerance): number {
  return Math.floor(tolerance * 2) + 1
}

const memories = new WeakMap<object, ReplayStore>()

function memoryOf(client: object): ReplayStore {
  const memory = memories.get(client) ?? new MemoryReplayStore()
  memories.set(client, memory)
  return memory
}

/** {@link PingerchipsServer.webhook}, with the signer of the client. */
export async function receiveWebhook(
  input: WebhookInput,
  options: WebhookOptions,
  own: WebhookSigner,
  client: object,
): Promise<WebhookResult> {
  assertWebhookOptions(options, 'options')
  if (typeof input !== 'object' || input === null)
    throw invalidArgument('webhook', `must be an object { headers, rawBody } (received ${describeType(input)})`)
  const { headers, rawBody } = input
  assertHeaders(headers, 'webhook.headers')
  const verified = verifyWebhook(headers, rawBytes(rawBody, 'webhook.rawBody'), own, options)
  if ('ok' in verified) return verified
  const { store = memoryOf(client), tolerance } = options
  if (store === false) return { ok: true, ...verified, release: async () => {} }
  const lease = await new ReplayGuard(store, storeTimeout).acquire(verified.id, 'handled', rememberedFor(tolerance))
  if (typeof lease === 'string') return refusal('replayed')
  return { ok: true, ...verified, release: () => lease.release() }
}
