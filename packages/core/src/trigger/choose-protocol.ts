import { PusherApi } from '../api/pusher-api.ts'
import type { ChannelKeys } from '../encrypt/channel-keys.ts'
import { invalidArgument } from '../errors.ts'
import type { Hmac } from '../sign/hmac.ts'
import type { ProtocolName, WireProtocol } from './protocol.ts'
import { pusherProtocol } from './pusher.ts'
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
  signed: ({ appKey, token, hmac, path }) => signedProtocol(path, required(appKey, 'appKey', 'signed'), hmac, token),
  token: ({ appId, token, path }) => tokenProtocol(path, appId, required(token, 'token', 'token')),
  pusher: ({ appId, appKey, hmac, channelKeys, path }) =>
    pusherProtocol(new PusherApi(path, appId, required(appKey, 'appKey', 'pusher'), hmac), channelKeys),
}

/** @throws {TypeError} naming the credential that the protocol needs and does not have */
export function makeProtocol(name: ProtocolName, parts: ProtocolParts): WireProtocol {
  return protocols[name](parts)
}

/**
 * The protocol that was chosen by hand, else the one that the credentials allow.
 * @throws {TypeError} if there is no such protocol, or no credential for any
 */
export function chooseProtocol(chosen: unknown, appKey: string | undefined, token: string | undefined): ProtocolName {
  if (chosen !== undefined) {
    if (typeof chosen !== 'string' || !Object.hasOwn(protocols, chosen))
      throw invalidArgument('options.protocol', `must be one of ${Object.keys(protocols).join(', ')}`)
    return chosen as ProtocolName
  }
  if (appKey !== undefined) return 'signed'
  if (token !== undefined) return 'token'
  throw invalidArgument('options', 'must hold an appKey (to sign and trigger) or a token (to trigger alone)')
}

function required(value: string | undefined, option: string, protocol: ProtocolName): string {
  if (value === undefined) throw invalidArgument(`options.${option}`, `is missing; the ${protocol} protocol needs it`)
  return value
}
