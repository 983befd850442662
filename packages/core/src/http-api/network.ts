import type { Hmac } from '../crypto/node.ts'
import type { ChannelKeys } from '../signing/encrypted-channels.ts'
import { ApiClient, type ApiClientOptions } from './api-client.ts'
import type { Coalescing } from './batcher.ts'
import { EventSender } from './event-sender.ts'
import type { ProtocolName, WireProtocol } from './protocols/protocol.ts'
import { pusherProtocol } from './protocols/pusher.ts'
import { signedProtocol } from './protocols/signed.ts'
import { tokenProtocol } from './protocols/token.ts'
import { Queries } from './queries.ts'

/** What a client sends with: settings and credentials. */
export interface NetworkOptions extends Omit<ApiClientOptions, 'protocol' | 'secrets'> {
  readonly protocol: ProtocolName
  readonly appId: string
  readonly appKey: string | undefined
  readonly appSecret: string
  readonly token: string | undefined
  readonly hmac: Hmac
  readonly channelKeys: ChannelKeys
  /** The endpoint's path, without a slash at its end. */
  readonly path: string
  readonly batch: Coalescing | undefined
}

/** The part of a client that sends requests. A server that only signs does not load it where bundles are split. */
export interface Network {
  readonly events: Pick<EventSender, keyof EventSender>
  readonly queries: Pick<Queries, keyof Queries>
}

const protocols: Readonly<Record<ProtocolName, (options: NetworkOptions) => WireProtocol>> = {
  signed: ({ appKey = '', token, hmac, path }) => signedProtocol(path, appKey, hmac, token),
  token: ({ appId, token = '', path }) => tokenProtocol(path, appId, token),
  pusher: ({ appId, appKey = '', hmac, channelKeys, path }) => pusherProtocol(path, appId, appKey, hmac, channelKeys),
}

/** @param options with the credential that the protocol requires */
export function loadNetwork(options: NetworkOptions): Network {
  const { appSecret, token, batch } = options
  const protocol = protocols[options.protocol](options)
  const api = new ApiClient({ ...options, protocol, secrets: [appSecret, token] })
  return { events: new EventSender(api, batch), queries: new Queries(api) }
}
