import { describeType, PingerchipsError } from '../errors.ts'
import type { IncomingRequest } from '../requests/incoming-request.ts'
import type { Member } from '../signing/channel.ts'
import type { SigninUser } from '../signing/user.ts'
import { type Denial, denialResponse } from './deny.ts'
import { describeNonUser } from './non-user.ts'
import type { SubscribeRequest } from './parse-request.ts'
import { type EndpointResponse, errorResponses } from './responses.ts'

/** What `authorize` receives. */
export interface AuthorizeContext<Request, User> extends SubscribeRequest {
  /** The user: what `user` returned. */
  readonly user: User
  /** The framework's request: Express's `req`, Fastify's `request`, Hono's and Koa's context, h3's event. */
  readonly request: Request
}

/**
 * What `authorize` returns.
 *
 * | value | private | presence | encrypted |
 * | --- | --- | --- | --- |
 * | `true` | allowed | 500 `invalid_callback_result`: a member is needed | allowed, with the channel's key |
 * | `{ user_id, user_info? }` | allowed; the member is signed, as `channel_data` and `user_data` | allowed as this member | 500: an encrypted channel has no members |
 * | `false`, `null`, `undefined` | 403 | 403 | 403 |
 * | {@link deny}`(…)` | its status and its error | same | same |
 *
 * `user_info` is an object that every member may see.
 */
export type AuthorizeResult = Member | Denial | boolean | null | undefined

/** Permission to sign, and for which member. */
export interface AuthDecision {
  /** The member, if there is one. */
  readonly member: Member | undefined
}

/**
 * Checks what `authorize` returned.
 * @throws {PingerchipsError} `invalid_callback_result` for anything that is not an {@link AuthorizeResult}
 */
export function toDecision(result: AuthorizeResult, { kind }: SubscribeRequest): AuthDecision | EndpointResponse {
  const denied = denialResponse(result)
  if (denied !== undefined) return denied
  if (result === false || result === null || result === undefined) return errorResponses.noAccess
  if (result === true && kind !== 'presence') return { member: undefined }
  if (result === true)
    throw invalidResult(
      'authorize returned true for a presence channel, which needs a member: { user_id, user_info? }.',
    )
  const member = fieldsOf<Member>('authorize', result, 'true, false or a member { user_id, user_info? }', memberKeys)
  return { member }
}

const memberKeys = ['user_id', 'user_info'] as const

/** What `signin` receives. */
export interface SigninContext<Request, User> {
  /** The connection that signs in. */
  readonly socketId: string
  /** Additional data of the client, unchecked: an object of the other fields (`params` of pusher-js). */
  readonly authInfo: unknown
  /** The user: what `user` returned. */
  readonly user: User
  /** The framework's request. */
  readonly request: Request
}

/** What `signin` returns: the user of this connection; `false`, `null` and `undefined` are refused with a 403. */
export type SigninResult = SigninUser | Denial | false | null | undefined

const userKeys = ['id', 'user_info', 'watchlist'] as const

/**
 * Checks what `signin` returned.
 * @throws {PingerchipsError} `invalid_callback_result` for anything that is not a {@link SigninResult}
 */
export function toSigninUser(result: SigninResult): { readonly user: SigninUser } | EndpointResponse {
  const denied = denialResponse(result)
  if (denied !== undefined) return denied
  if (result === false || result === null || result === undefined) return errorResponses.noAccess
  return { user: fieldsOf<SigninUser>('signin', result, 'a user { id, user_info?, watchlist? } or false', userKeys) }
}

/**
 * The known fields of what a callback returned. Not the object itself: its `toJSON` could replace them when it is signed.
 * An unknown field is refused, since other members would see it: a user from the database is not for them.
 */
function fieldsOf<T>(callback: string, result: unknown, expected: string, keys: readonly (keyof T & string)[]): T {
  const wrong = typeof result === 'object' ? describeNonUser(result) : describeType(result)
  if (wrong !== undefined) throw invalidResult(`${callback} must return ${expected} (received ${wrong}).`)
  const record = result as Readonly<Record<string, unknown>>
  const unknownKey = Object.keys(record).find((key) => !keys.includes(key as keyof T & string))
  if (unknownKey !== undefined)
    throw invalidResult(
      `${callback} returned the unknown field '${unknownKey}'. Put what other users may see into user_info.`,
    )
  return Object.fromEntries(keys.map((key) => [key, record[key]])) as T
}

/** What `user` returns if there is no user: the response is 403 `{"error":"Unauthorized"}`. */
export type Unauthenticated = null | undefined | false | ''

/**
 * Checks what `user` returned. `null`, `undefined`, `false` and `''` are no user: a missing header or session field
 * becomes an empty string. `0` is an id.
 * @param request the framework's request, which is no user either
 * @param context what the adapter adds to contexts, such as the response, which is none either
 * @throws {PingerchipsError} `invalid_callback_result` for a value that cannot be a user, such as a `Response`
 */
export function isUser<User>(result: User | Unauthenticated, request: unknown, context: object): result is User {
  if (result === null || result === undefined || result === false || result === '') return false
  const wrong = describeNonUser(result, request, context)
  if (wrong === undefined) return true
  throw invalidResult(
    `user must return a user or null (received ${wrong}). To refuse, return null or deny(…); nothing was signed.`,
  )
}

/**
 * Checks that no callback has refused by the framework's response, as in `reply.code(401); return { error }`: the value
 * beside it would pass for a user.
 * @throws {PingerchipsError} `invalid_callback_result`
 */
export function assertNoErrorStatus({ errorStatus }: IncomingRequest): void {
  if (errorStatus === undefined) return
  throw invalidResult(
    `A callback set the response status ${errorStatus} and did not refuse. To refuse, return null or deny(…); nothing was signed.`,
  )
}

function invalidResult(message: string): PingerchipsError {
  return new PingerchipsError('invalid_callback_result', message)
}
