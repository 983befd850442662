import { describeType, invalidArgument } from '../../errors.ts'
import type { ChannelKeys } from '../../signing/encrypted-channels.ts'

/** Protocol of the HTTP API: see {@link PingerchipsServerOptions.protocol}. */
export type ProtocolName = 'signed' | 'token' | 'pusher'

/**
 * Counts of a channel: `subscription_count`, its connections; `user_count`, its members, only of a `presence-` channel.
 */
export type ChannelCount = 'user_count' | 'subscription_count'

/** A validated event with its data as JSON. */
export interface OutgoingEvent {
  readonly channels: readonly string[]
  /** Whether the data is to be encrypted. The event has one channel then. */
  readonly isEncrypted: boolean
  readonly event: string
  /** The data as JSON text. */
  readonly data: string
  /** The connection that does not receive the event. */
  readonly socketId: string | undefined
  /** Counts that the response is to contain. */
  readonly info: readonly ChannelCount[]
  /** Unique, and the same over all attempts: a service that stores it can recognise a repetition. */
  readonly id: string
}

/** A request to the service without its origin. */
export interface WireRequest {
  readonly method: string
  /** The request path with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The signature in the headers or the query, so that it can be removed from what the service writes back. */
  readonly signature: string | undefined
}

/** Features of a protocol. */
export interface ProtocolFeatures {
  readonly name: ProtocolName
  /** Whether a request can exclude one connection. */
  readonly canExcludeSocket: boolean
  /** Whether a response can contain counts of the channels. */
  readonly hasInfo: boolean
  /** Whether a request can contain several events. */
  readonly hasBatches: boolean
  /** Keys of encrypted channels; `undefined` if the protocol has no such channels. */
  readonly channelKeys: ChannelKeys | undefined
}

/** Writes the requests of one protocol. Each protocol has a file beside this one. */
export interface WireProtocol {
  readonly name: ProtocolName
  /** How many channels one request can name. */
  readonly channelsPerRequest: number
  /** Writes requests other than triggers; `undefined` if the protocol has none. */
  readonly api: ApiRequestWriter | undefined
  /**
   * Writes and signs a request: synchronously, unless data must be encrypted. Called for each attempt, since the time is
   * part of the signature.
   * @param now Unix time in whole seconds
   */
  request(event: OutgoingEvent, now: number): WireRequest | Promise<WireRequest>
  /** Writes up to {@link maxBatch} events of one channel each as one request; `undefined` if the protocol has no batches. */
  readonly batch: ((events: readonly OutgoingEvent[], now: number) => WireRequest | Promise<WireRequest>) | undefined
}

/** Parts of a request to the Pusher HTTP API. */
export interface ApiRequestParts {
  readonly body?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters, unescaped. */
  readonly query?: Readonly<Record<string, string>>
}

/** Writes and signs requests to the Pusher HTTP API. */
export interface ApiRequestWriter {
  /** @param path below the app's own path */
  request(method: 'GET' | 'POST', path: string, now: number, parts?: ApiRequestParts): WireRequest
}

/** @throws {TypeError} if only the Pusher HTTP API has this `method` of the client */
export function requireApi({ api, name }: WireProtocol, method: string): ApiRequestWriter {
  if (api !== undefined) return api
  throw notSupportedBy(name, method)
}

/** The error for a `method` of the client that only the Pusher HTTP API has. */
export function notSupportedBy(name: ProtocolName, method: string): TypeError {
  return invalidArgument('options.protocol', `is '${name}', which has no ${method}. Set protocol: 'pusher'`)
}

/** Most events in one request, with a protocol that has batches. */
export const maxBatch = 10

export const jsonType = 'application/json'

/** The header that identifies a repeated request (draft-ietf-httpapi-idempotency-key-header). */
export const idHeader = 'idempotency-key'

/** The credential that each protocol requires. */
const credentials: Readonly<Record<ProtocolName, 'appKey' | 'token'>> = {
  signed: 'appKey',
  token: 'token',
  pusher: 'appKey',
}

/**
 * The protocol of the option, or else the one that the credentials allow.
 * @throws {TypeError} if there is no such protocol, or its credential is missing
 */
export function chooseProtocol(chosen: unknown, appKey: string | undefined, token: string | undefined): ProtocolName {
  if (chosen !== undefined) {
    if (typeof chosen !== 'string' || !Object.hasOwn(credentials, chosen))
      throw invalidArgument('options.protocol', `must be one of ${Object.keys(credentials).join(', ')}`)
    const protocol = chosen as ProtocolName
    const credential = credentials[protocol]
    if ({ appKey, token }[credential] === undefined)
      throw invalidArgument(`options.${credential}`, `is missing. The ${protocol} protocol requires it`)
    return protocol
  }
  if (appKey !== undefined) return 'signed'
  if (token !== undefined) return 'token'
  throw invalidArgument('options', 'must have an appKey (to sign and trigger) or a token (only to trigger)')
}

/** The features of a protocol, before it is loaded. */
export function protocolFeatures(name: ProtocolName, channelKeys: ChannelKeys | undefined): ProtocolFeatures {
  const isPusher = name === 'pusher'
  return {
    name,
    canExcludeSocket: isPusher,
    hasInfo: isPusher,
    hasBatches: isPusher,
    channelKeys: isPusher ? channelKeys : undefined,
  }
}

export interface BaseUrl {
  readonly origin: string
  /** Whether the host name is of this machine. */
  readonly isLoopback: boolean
  /** The path that every request's path starts with, without a slash at its end; `''` for none. */
  readonly path: string
}

/**
 * The parts of the endpoint. Without a path it gets `/api`, except for the Pusher protocol.
 * @throws {TypeError} unless it is https, http to this machine, or any http with `allowHttp`, with an optional path
 */
export function parseBaseUrl(endpoint: unknown, protocol: ProtocolName, allowHttp: boolean): BaseUrl {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalidArgument('options.endpoint', `must be an absolute https URL (received ${describeType(endpoint)})`)
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('options.endpoint', 'must not contain a user name or a password')
  if (url.search !== '' || url.hash !== '')
    throw invalidArgument('options.endpoint', 'must not contain a query or a fragment')
  const isLoopback = isLoopbackName(url.hostname)
  if (url.protocol === 'http:' && !allowHttp && !isLoopback)
    throw invalidArgument(
      'options.endpoint',
      'must be https: on http, everyone on the network path can read events and tokens. allowHttp: true allows it',
    )
  const path = url.pathname.replace(/\/+$/, '')
  return { origin: url.origin, isLoopback, path: path === '' && protocol !== 'pusher' ? '/api' : path }
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
