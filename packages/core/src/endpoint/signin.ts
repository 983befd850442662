import { describeType, PingerchipsError } from '../errors.ts'
import type { SigninUser } from '../sign/user.ts'
import { type EndpointResponse, errorResponses } from './answer.ts'
import { type Denial, deniedAnswer } from './deny.ts'

/** What `signin` is asked. */
export interface SigninContext<Request, User> {
  /** The connection that asks to sign in. */
  readonly socketId: string
  /** What the client sent along, unchecked: an object of the other fields (`params` of pusher-js). */
  readonly authInfo: unknown
  /** Who asks: what `user` answered. */
  readonly user: User
  /** The framework's own request. */
  readonly request: Request
}

/** What `signin` answers: who the service shall know on this connection; nobody is refused with a 403. */
export type SigninResult = SigninUser | Denial | false | null | undefined

const userKeys = ['id', 'user_info', 'watchlist']

/**
 * signin → the user to sign.
 * @throws {PingerchipsError} `invalid_callback_result` for anything that is not a {@link SigninResult}
 */
export function toSigninUser(answer: SigninResult): { readonly user: SigninUser } | EndpointResponse {
  const denied = deniedAnswer(answer)
  if (denied !== undefined) return denied
  if (answer === false || answer === null || answer === undefined) return errorResponses.noAccess
  if (typeof answer !== 'object' || Array.isArray(answer))
    throw new PingerchipsError(
      'invalid_callback_result',
      `signin must answer a user { id, user_info?, watchlist? } or false (got ${describeType(answer)}).`,
    )
  const stranger = Object.keys(answer).find((key) => !userKeys.includes(key))
  if (stranger !== undefined)
    throw new PingerchipsError(
      'invalid_callback_result',
      `signin answered a user with '${stranger}'; put what others may see into user_info.`,
    )
  // Not the answer itself: a `toJSON` of the app's class could put anything in its place.
  const { id, user_info, watchlist } = answer as SigninUser
  return { user: { id, user_info, watchlist } }
}
