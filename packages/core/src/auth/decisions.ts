import { describeType, PingerchipsError } from '../errors.ts'
import type { Member } from '../signing/channel.ts'
import type { SigninUser } from '../signing/user.ts'
import { type Denial, deniedAnswer } from './deny.ts'
import type { Attempt } from './parse-request.ts'
import { type EndpointResponse, errorResponses } from './responses.ts'

/** What `authorize` is asked. */
export interface AuthorizeContext<Request, User> extends Attempt {
  /** Who asks: what `user` answered. */
  readonly user: User
  /** The framework's own request: Express's `req`, Fastify's `request`, Hono's and Koa's context. */
  readonly request: Request
}

/**
 * What `authorize` answers.
 *
 * | answer | private | presence | encrypted |
 * | --- | --- | --- | --- |
 * | `true` | may join | an error of the app: a presence channel needs a member | may join; gets the channel's key |
 * | `{ user_id, user_info? }` | may join; the member is signed as `user_data` | may join as this member | an error of the app: it has no members |
 * | `false`, `null`, `undefined` | refused | refused | refused |
 * | {@link deny}`(…)` | refused, with its status and its reason | same | same |
 */
export type AuthorizeResult = Member | Denial | boolean | null | undefined

/** Permission to sign, and for whom. */
export interface AuthDecision {
  readonly member: Member | undefined
}

/**
 * authorize → whether to sign.
 * @throws {PingerchipsError} `invalid_callback_result` for anything that is not an {@link AuthorizeResult}: nothing is guessed
 */
export function toDecision(answer: AuthorizeResult, { kind }: Attempt): AuthDecision | EndpointResponse {
  const denied = deniedAnswer(answer)
  if (denied !== undefined) return denied
  if (answer === false || answer === null || answer === undefined) return errorResponses.noAccess
  if (answer === true && kind !== 'presence') return { member: undefined }
  if (answer === true)
    throw new PingerchipsError(
      'invalid_callback_result',
      'authorize answered true for a presence channel, which needs a member: answer { user_id, user_info? } instead.',
    )
  if (typeof answer === 'object' && !Array.isArray(answer)) {
    // The other members see all of it: a user as it came from the database is not what they may see.
    const stranger = Object.keys(answer).find((key) => key !== 'user_id' && key !== 'user_info')
    if (stranger === undefined) return { member: plainMember(answer as Member) }
    throw new PingerchipsError(
      'invalid_callback_result',
      `authorize answered a member with '${stranger}'; put what the other members may see into user_info.`,
    )
  }
  throw new PingerchipsError(
    'invalid_callback_result',
    `authorize must answer true, false or a member { user_id, user_info? } (got ${describeType(answer)}).`,
  )
}

/** The two things that are signed, and nothing that a `toJSON` of the app's class would put in their place. */
function plainMember({ user_id, user_info }: Member): Member {
  return { user_id, user_info }
}

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

/** What `user` answers when nobody is asking. */
export type Unauthenticated = null | undefined | false | ''

/**
 * user → whether there is one. An empty string is what a missing header or session field turns into; `0` is an id. A
 * function is a mistake, such as a getter that nobody called.
 */
export function isUser<User>(answer: User | Unauthenticated): answer is User {
  return answer !== null && answer !== undefined && answer !== false && answer !== '' && typeof answer !== 'function'
}
