import { describeType, invalidArgument } from '../../errors.ts'
import type { ChannelKeys } from '../../signing/encrypted-channels.ts'
import type { PusherApi } from './pusher.ts'

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

export interface BaseUrl {
  readonly origin: string
  /** The path that every request's path starts with, without a slash at its end; `''` for none. */
  readonly path: string
}

/**
 * The endpoint in parts. Without a path it gets `/api`, except for the Pusher protocol, which takes it as it is.
 * @throws {TypeError} for anything but https, http to this machine, or any http with `allowHttp`; each with an optional path
 */
export function parseBaseUrl(endpoint: unknown, protocol: ProtocolName, allowHttp: boolean): BaseUrl {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalidArgument('options.endpoint', `must be an absolute https URL (got ${describeType(endpoint)})`)
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('options.endpoint', 'must not hold a user name or a password')
  if (url.search !== '' || url.hash !== '')
    throw invalidArgument('options.endpoint', 'must not hold a query or a fragment')
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname))
    throw invalidArgument(
      'options.endpoint',
      'must be https, since anyone on the way could read events and tokens; allowHttp: true permits http to another machine',
    )
  const path = url.pathname.replace(/\/+$/, '')
  return { origin: url.origin, path: path === '' && protocol !== 'pusher' ? '/api' : path }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
