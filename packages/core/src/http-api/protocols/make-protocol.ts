import type { Hmac } from '../../crypto/node.ts'
import type { ChannelKeys } from '../../signing/encrypted-channels.ts'
import type { ProtocolName, WireProtocol } from './protocol.ts'
import { PusherApi, pusherProtocol } from './pusher.ts'
import { signedProtocol } from './signed.ts'
import { tokenProtocol } from './token.ts'

/** What the protocols are made of. */
export interface ProtocolParts {
  readonly appId: string
  readonly appKey: string | undefined
  readonly token: string | undefined
  readonly hmac: Hmac
  readonly channelKeys: ChannelKeys
  /** The endpoint's path, without a slash at its end. */
  readonly path: string
}

const protocols: Readonly<Record<ProtocolName, (parts: ProtocolParts) => WireProtocol>> = {
  signed: ({ appKey = '', token, hmac, path }) => signedProtocol(path, appKey, hmac, token),
  token: ({ appId, token = '', path }) => tokenProtocol(path, appId, token),
  pusher: ({ appId, appKey = '', hmac, channelKeys, path }) =>
    pusherProtocol(new PusherApi(path, appId, appKey, hmac), channelKeys),
}

/** @param parts with the credential that the protocol needs */
export function makeProtocol(name: ProtocolName, parts: ProtocolParts): WireProtocol {
  return protocols[name](parts)
}
