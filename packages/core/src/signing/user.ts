import type { Hmac } from '../crypto/node.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord, jsonText, ownProperty } from '../internal/json.ts'
import { assertUserInfo } from './channel.ts'

/** The user of `pusher.signin()`. */
export interface SigninUser {
  /**
   * The app's own id of the user: a non-empty string. `sendToUser` and `terminateUserConnections` know ids of up to 184
   * characters without control characters.
   */
  readonly id: string
  /** A JSON object that the service may keep of the user. */
  readonly user_info?: object | undefined
  /** Ids of up to 100 users: the connection receives an event when they come and go. */
  readonly watchlist?: readonly string[] | undefined
}

/** The response to a sign-in, for the client library. Send it as JSON with status 200. */
export interface UserAuth {
  /** `APP_KEY:SIGNATURE`. */
  auth: string
  /** The user as JSON, the exact text that was signed. */
  user_data: string
}

const maxWatched = 100

/** The string that a sign-in signs: no channel's, since a channel's second part is never empty. */
export function userString(socketId: string, userData: string): string {
  return `${socketId}::user::${userData}`
}

export function signUser(hmac: Hmac, appKey: string, socketId: string, userData: string): UserAuth {
  return { auth: `${appKey}:${hmac(userString(socketId, userData))}`, user_data: userData }
}

/**
 * The user as the JSON text that is signed and sent, checked as it reads back.
 * @throws {TypeError} if it is not an object with an `id`, or its `watchlist` is not one, or it is not JSON
 */
export function userText(user: unknown, argument: string): string {
  if (!isRecord(user))
    throw invalidArgument(argument, `must be an object { id, user_info?, watchlist? } (got ${describeType(user)})`)
  const text = jsonText(user, argument)
  const written: unknown = JSON.parse(text)
  const read = (key: string) => (isRecord(written) ? ownProperty(written, key) : undefined)
  if (!isId(read('id')))
    throw invalidArgument(
      `${argument}.id`,
      `must be a non-empty string of well-formed text (got ${describeType(read('id'))})`,
    )
  assertUserInfo(written, argument)
  const watchlist = read('watchlist')
  if (watchlist !== undefined && !(Array.isArray(watchlist) && watchlist.length <= maxWatched && watchlist.every(isId)))
    throw invalidArgument(`${argument}.watchlist`, `must be an array of up to ${maxWatched} user ids`)
  return text
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && id.length > 0 && id.isWellFormed()
}
