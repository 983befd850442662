import { describeType, PingerchipsError } from '../errors.ts'
import type { Member } from '../sign/channel.ts'
import type { EndpointResponse } from './answer.ts'
import { errorResponses } from './answer.ts'
import type { Attempt } from './attempt.ts'
import { type Denial, deniedAnswer } from './deny.ts'

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
