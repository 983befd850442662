import type { Hmac } from '../crypto/node.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord, jsonText, ownProperty } from '../internal/json.ts'

/** Who joins: what the other members of a presence channel see. */
export interface Member {
  /**
   * The app's own id of the user. A string; a number is signed as the number it is, and must be a safe integer.
   * Connections with the same id are one member.
   */
  readonly user_id: string | number
  /** Anything JSON that the other members may see. */
  readonly user_info?: unknown
}

/** What a client library wants to hear back about a channel. Send it as JSON with status 200. */
export interface ChannelAuth {
  /** `APP_KEY:SIGNATURE`. */
  auth: string
  /** On a presence channel: the member as JSON, the exact text that was signed. */
  channel_data?: string
  /** On a private channel with user data: the data as JSON, the exact text that was signed. */
  user_data?: string
  /** On an encrypted channel: its key, in base64. With it the client opens what is sent there; the service has none. */
  shared_secret?: string
}

/** The string that a channel's authorization signs. Every part but the last comes from an alphabet without `:`. */
export function channelString(socketId: string, channel: string, userData?: string): string {
  return userData === undefined ? `${socketId}:${channel}` : `${socketId}:${channel}:${userData}`
}

export function signChannel(
  hmac: Hmac,
  appKey: string,
  socketId: string,
  channel: string,
  userData: string | undefined,
  isPresence: boolean,
): ChannelAuth {
  const auth = `${appKey}:${hmac(channelString(socketId, channel, userData))}`
  if (userData === undefined) return { auth }
  return isPresence ? { auth, channel_data: userData } : { auth, user_data: userData }
}

/**
 * The member as the JSON text that is signed and sent. It is written once, and what is checked is that text read
 * back: a getter or a `toJSON` cannot show one thing to the check and another to the signature.
 * @throws {TypeError} if it is not an object with a `user_id`, or is not JSON
 */
export function memberText(member: unknown, argument: string): string {
  if (!isRecord(member))
    throw invalidArgument(argument, `must be an object { user_id, user_info? } (got ${describeType(member)})`)
  const text = jsonText(member, argument)
  const written: unknown = JSON.parse(text)
  const id = isRecord(written) ? ownProperty(written, 'user_id') : undefined
  if (typeof id === 'string' ? id.length === 0 || !id.isWellFormed() : !Number.isSafeInteger(id))
    throw invalidArgument(
      `${argument}.user_id`,
      `must be a non-empty string of well-formed text, or a safe integer (got ${typeof id === 'string' && id !== '' ? 'text that is not well formed' : describeType(id)})`,
    )
  return text
}
