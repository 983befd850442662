import { PingerchipsError, typeName } from '../errors.ts'
import type { Member } from '../sign/channel.ts'
import type { Answer } from './answer.ts'
import { refusals } from './answer.ts'
import type { Attempt } from './attempt.ts'
import { type Denial, deniedAnswer } from './deny.ts'

/** What `authorize` is asked. */
export interface AuthorizeAttempt<Request, User> extends Attempt {
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
export type AuthorizeAnswer = Member | Denial | boolean | null | undefined

/** Permission to sign, and for whom. */
export interface Grant {
  readonly member: Member | undefined
}

/**
 * authorize → whether to sign.
 * @throws {PingerchipsError} `invalid_answer` for anything that is not an {@link AuthorizeAnswer}: nothing is guessed
 */
export function toGrant(answer: AuthorizeAnswer, { kind }: Attempt): Grant | Answer {
  const denied = deniedAnswer(answer)
  if (denied !== undefined) return denied
  if (answer === false || answer === null || answer === undefined) return refusals.noAccess
  if (answer === true && kind !== 'presence') return { member: undefined }
  if (answer === true)
    throw new PingerchipsError(
      'invalid_answer',
      'authorize answered true for a presence channel, which needs a member: answer { user_id, user_info? } instead.',
    )
  if (typeof answer === 'object' && !Array.isArray(answer)) {
    // The other members see all of it: a user as it came from the database is not what they may see.
    const stranger = Object.keys(answer).find((key) => key !== 'user_id' && key !== 'user_info')
    if (stranger === undefined) return { member: plainMember(answer as Member) }
    throw new PingerchipsError(
      'invalid_answer',
      `authorize answered a member with '${stranger}'; put what the other members may see into user_info.`,
    )
  }
  throw new PingerchipsError(
    'invalid_answer',
    `authorize must answer true, false or a member { user_id, user_info? } (got ${typeName(answer)}).`,
  )
}

/** The two things that are signed, and nothing that a `toJSON` of the app's class would put in their place. */
function plainMember({ user_id, user_info }: Member): Member {
  return { user_id, user_info }
}
