import type { PusherApi } from '../api/pusher-api.ts'
import type { ChannelKeys } from '../encrypt/channel-keys.ts'
import { invalidArgument } from '../errors.ts'

/** How a trigger reaches the service: see {@link PingerchipsServerOptions.protocol}. */
export type ProtocolName = 'signed' | 'token' | 'pusher'

/** An event that was checked and whose data was written as JSON, once. */
export interface OutgoingEvent {
  readonly channels: readonly string[]
  /** Whether the data is to be sealed: it has one channel then. */
  readonly isEncrypted: boolean
  readonly event: string
  /** The data as JSON text. */
  readonly data: string
  /** The connection that does not get it. */
  readonly socketId: string | undefined
  /** Its own, the same over all attempts. A service that remembers it can tell a repeat. */
  readonly id: string
}

/** Everything of a request to the service but its origin. */
export interface WireRequest {
  readonly method: string
  /** The request path with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What a protocol can do. */
export interface ProtocolFeatures {
  readonly name: ProtocolName
  /** Whether a request can leave one connection out. */
  readonly canExcludeSocket: boolean
  /** Whether a request can carry several events. */
  readonly hasBatches: boolean
  /** What seals events for encrypted channels; `undefined` where there are no such channels. */
  readonly channelKeys: ChannelKeys | undefined
}

/** A way to write a trigger on the wire. Each has a file of its own beside this one. */
export interface WireProtocol {
  readonly name: ProtocolName
  /** How many channels one request can name. */
  readonly channelsPerRequest: number
  /** What else can be asked of the service; `undefined` where it answers triggers alone. */
  readonly api: PusherApi | undefined
  /**
   * Writes and signs one request: at once, but for what must be sealed. Called anew for each attempt, since the time is
   * part of what is signed.
   * @param now Unix time in whole seconds
   */
  request(event: OutgoingEvent, now: number): WireRequest | Promise<WireRequest>
  /** Writes up to {@link maxBatch} events, of one channel each, as one request; `undefined` where there is no such thing. */
  readonly batch: ((events: readonly OutgoingEvent[], now: number) => WireRequest | Promise<WireRequest>) | undefined
}

/** @throws {TypeError} for a `method` of the client that only the Pusher HTTP API knows */
export function requireApi({ api, name }: WireProtocol, method: string): PusherApi {
  if (api !== undefined) return api
  throw notSupportedBy(name, method)
}

/** The error for a `method` of the client that only the Pusher HTTP API knows. */
export function notSupportedBy(name: ProtocolName, method: string): TypeError {
  return invalidArgument(
    'options.protocol',
    `is '${name}', which has no ${method}; construct the client with protocol: 'pusher'`,
  )
}

/** The most events that one request can carry, over a protocol that has batches. */
export const maxBatch = 10

export const jsonType = 'application/json'

/** The header that tells a repeated request from a new one (draft-ietf-httpapi-idempotency-key-header). */
export const idHeader = 'idempotency-key'
