import type { Hmac } from '../crypto/node.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord, jsonText, ownProperty } from '../internal/json.ts'

/** A member of a channel, as the other members of a presence channel see it. */
export interface Member {
  /**
   * The app's own id of the user: a non-empty string, or a safe integer, which is signed as a number. Connections with one
   * id are one member.
   */
  readonly user_id: string | number
  /**
   * A JSON object that every member may see. The service limits its size: Pusher to 1 KB, soketi to 2 KB unless it is
   * configured otherwise.
   */
  readonly user_info?: object | undefined
}

/** The authorization of a channel for the client library. Send it as JSON with status 200. */
export interface ChannelAuth {
  /** `APP_KEY:SIGNATURE`. */
  auth: string
  /** The member as JSON, the exact text that was signed. On a presence channel, and on a private one with a member. */
  channel_data?: string
  /** The same text, on a private channel with a member: pusher-js forwards only `channel_data`, pingerchips-js only this. */
  user_data?: string
  /** On an encrypted channel: its key, in base64, with which the client decrypts its events. The service does not have it. */
  shared_secret?: string
}

/** The string that the authorization of a channel signs. Every part but the last has an alphabet without `:`. */
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
  return isPresence ? { auth, channel_data: userData } : { auth, channel_data: userData, user_data: userData }
}

/**
 * The member as the JSON text that is signed and sent. It is written once, and that text is read back and checked: a getter
 * or a `toJSON` cannot show one value to the check and another to the signature.
 * @throws {TypeError} if it is not an object with a `user_id`, its `user_info` is not an object, or it is not JSON
 */
export function memberText(member: unknown, argument: string): string {
  if (!isRecord(member))
    throw invalidArgument(argument, `must be an object { user_id, user_info? } (received ${describeType(member)})`)
  const text = jsonText(member, argument)
  const written: unknown = JSON.parse(text)
  const id = isRecord(written) ? ownProperty(written, 'user_id') : undefined
  if (typeof id === 'string' ? id.length === 0 || !id.isWellFormed() : !Number.isSafeInteger(id))
    throw invalidArgument(
      `${argument}.user_id`,
      `must be a non-empty string of well-formed text, or a safe integer (received ${typeof id === 'string' && id !== '' ? 'text that is not well formed' : describeType(id)})`,
    )
  assertUserInfo(written, argument)
  return text
}

/**
 * Checks `user_info` as it was written: an object, or nothing. The service refuses a subscription or a sign-in with
 * anything else.
 * @throws {TypeError} naming it
 */
export function assertUserInfo(written: unknown, argument: string): void {
  const info = isRecord(written) ? ownProperty(written, 'user_info') : undefined
  if (info !== undefined && !isRecord(info))
    throw invalidArgument(
      `${argument}.user_info`,
      `must be an object such as { name: 'Ada' } (received ${describeType(info)})`,
    )
}
