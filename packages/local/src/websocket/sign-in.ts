import { signInGuesses } from '../explain/subscription.ts'
import { errorFrame, serviceFrame } from '../protocol/frames.ts'
import { isRecord, jsonText, parseJson } from '../protocol/json.ts'
import { isUserId, userIdLimit } from '../protocol/names.ts'
import type { Connection } from '../state/connections.ts'
import type { RunningApp } from '../state/running-app.ts'
import type { User } from '../state/users.ts'
import { type Frame, ProtocolError } from './read-frame.ts'
import { type AuthProblem, authProblem } from './verify-auth.ts'

/** Largest watchlist. The protocol accepts the first users of a longer list, and reports it with 4302. */
const watchlistLimit = 100

/**
 * Handles `pusher:signin`: the user, as the app signed it for this connection. It may be repeated for the same user.
 * Every failure is a 4009, which ends the connection:
 * https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/#error-codes
 */
export function signIn(app: RunningApp, connection: Connection, { data }: Frame): void {
  const { socketId } = connection
  const { auth, user_data: userData } = isRecord(data) ? data : {}
  if (typeof userData !== 'string') throw unauthorized({ reason: 'A sign-in needs user_data: text' })
  const problem = authProblem(app, auth, {
    signed: `${socketId}::user::${userData}`,
    form: 'SOCKET::user::USER_DATA',
    guesses: () => signInGuesses(app, socketId, userData),
  })
  if (problem !== undefined) throw unauthorized(problem)

  const { id, info, watchlist } = toUser(userData)
  const signedInId = app.users.idOf(connection)
  if (signedInId !== undefined && signedInId !== id)
    throw unauthorized({ reason: 'This connection is signed in as another user' })

  connection.send(serviceFrame('pusher:signin_success', { user_data: userData }))
  if (watchlist.length > watchlistLimit)
    connection.send(errorFrame(`Watchlist limit exceeded: the first ${watchlistLimit} user ids are accepted`, 4302))
  app.users.signIn(connection, { id, info, watchlist: [...new Set(watchlist.slice(0, watchlistLimit))] })
  app.log(() => ({ type: 'signed_in', socketId, userId: id }))
}

function toUser(userData: string): User {
  const value = parseJson(userData)
  if (!isRecord(value)) throw unauthorized({ reason: 'user_data must be JSON of an object' })
  const { id, user_info: userInfo = null, watchlist = [] } = value
  if (!isUserId(id)) throw unauthorized({ reason: `user_data needs an id: text of 1 to ${userIdLimit} characters` })
  if (!Array.isArray(watchlist) || !watchlist.every(isUserId))
    throw unauthorized({ reason: 'The watchlist of user_data must be an array of user ids' })
  const info = jsonText(userInfo)
  if (info === undefined) throw unauthorized({ reason: 'user_info of user_data is nested too deeply' })
  return { id, info, watchlist }
}

function unauthorized({ reason, explain }: AuthProblem): ProtocolError {
  return new ProtocolError(reason, 4009, explain)
}
