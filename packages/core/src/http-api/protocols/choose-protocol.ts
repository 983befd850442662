import { invalidArgument } from '../../errors.ts'
import type { ChannelKeys } from '../../signing/encrypted-channels.ts'
import type { ProtocolFeatures, ProtocolName } from './protocol.ts'

/** The credential that each protocol signs or is let in with. */
const credentials: Readonly<Record<ProtocolName, 'appKey' | 'token'>> = {
  signed: 'appKey',
  token: 'token',
  pusher: 'appKey',
}

/**
 * The protocol that was chosen by hand, else the one that the credentials allow.
 * @throws {TypeError} if there is no such protocol, or no credential for it, or for any
 */
export function chooseProtocol(chosen: unknown, appKey: string | undefined, token: string | undefined): ProtocolName {
  if (chosen !== undefined) {
    if (typeof chosen !== 'string' || !Object.hasOwn(credentials, chosen))
      throw invalidArgument('options.protocol', `must be one of ${Object.keys(credentials).join(', ')}`)
    const protocol = chosen as ProtocolName
    const credential = credentials[protocol]
    if ({ appKey, token }[credential] === undefined)
      throw invalidArgument(`options.${credential}`, `is missing; the ${protocol} protocol needs it`)
    return protocol
  }
  if (appKey !== undefined) return 'signed'
  if (token !== undefined) return 'token'
  throw invalidArgument('options', 'must hold an appKey (to sign and trigger) or a token (to trigger alone)')
}

/** What a protocol can do, which is known before it is loaded. */
export function protocolFeatures(name: ProtocolName, channelKeys: ChannelKeys | undefined): ProtocolFeatures {
  const isPusher = name === 'pusher'
  return { name, canExcludeSocket: isPusher, hasBatches: isPusher, channelKeys: isPusher ? channelKeys : undefined }
}
