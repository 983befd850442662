import type { AuthorizeContext } from '../auth/decisions.ts'
import type { Denial } from '../auth/deny.ts'
import type { Awaitable } from '../auth/run-callback.ts'
import { invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { type ChannelRule, type ChannelRules, channelRules, type RuleContext } from '../rules/channel-rules.ts'
import { type EventTable, type Schema, type SchemaInput, validated } from './event-schemas.ts'

/** The result of a rule for a presence channel whose members have a schema. */
export type TypedMember<MemberSchema extends Schema | undefined> = {
  /** The app's own id of the user. */
  readonly user_id: string | number
} & (MemberSchema extends Schema
  ? {
      /** What the other members see. */
      readonly user_info: SchemaInput<MemberSchema>
    }
  : {
      /** What the other members see: an object. */
      readonly user_info?: unknown
    })

/** Rules for the private and presence channels of a contract. Every pattern must be one of the contract's. */
export type ContractRules<Table extends EventTable, MemberSchema extends Schema | undefined, User, Request> = {
  readonly [Pattern in keyof Table &
    (`private-${string}` | `presence-${string}`)]?: Pattern extends `presence-${string}`
    ? (
        context: RuleContext<Pattern, User, Request>,
      ) => Awaitable<TypedMember<MemberSchema> | Denial | false | null | undefined>
    : ChannelRule<Pattern, User, Request>
}

/**
 * Makes an `authorize` callback of rules. The `user_info` of members is replaced by the output of its schema.
 * @throws {TypeError} for a pattern that is not in the contract, and as {@link channelRules}
 */
export function contractRules<User, Request>(
  table: EventTable,
  member: Schema | undefined,
  rules: object,
): ChannelRules<User, Request> {
  const unknown = Object.keys(rules).find((pattern) => !Object.hasOwn(table, pattern))
  if (unknown !== undefined)
    throw invalidArgument(`rule '${unknown}'`, `is not in the contract. Known: ${Object.keys(table).join(', ')}.`)
  const authorize = channelRules(rules as never) as ChannelRules<User, Request>
  if (member === undefined) return authorize
  const validating = channelRules(
    Object.fromEntries(
      authorize.patterns.map((pattern) => {
        const rule = (rules as Readonly<Record<string, (context: unknown) => unknown>>)[pattern]
        return [pattern, async (context: AuthorizeContext<Request, User>) => sanitised(member, await rule?.(context))]
      }),
    ) as never,
  )
  return validating as ChannelRules<User, Request>
}

async function sanitised(schema: Schema, result: unknown): Promise<unknown> {
  if (!isRecord(result) || !('user_id' in result)) return result
  return { ...result, user_info: await validated(schema, result.user_info, 'user_info') }
}
