import type { AuthorizeContext, AuthorizeResult } from '../auth/decisions.ts'
import type { Denial } from '../auth/deny.ts'
import type { Awaitable } from '../auth/run-callback.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Member } from '../signing/channel.ts'
import { ChannelPattern, codesOf, type Params } from './pattern.ts'

/** Rules made into one `authorize`. */
export interface ChannelRules<User, Request = unknown> {
  (attempt: AuthorizeContext<Request, User>): Awaitable<AuthorizeResult>
  /** The patterns, in the order in which they are tried. */
  readonly patterns: readonly string[]
}

/** Takes a table of rules for users of a type, with the parameters typed by each pattern. */
export type ChannelsOf<User, Request> = <Pattern extends string>(
  rules: RuleTable<Pattern, User, Request>,
) => ChannelRules<User, Request>

type AnyRule = (attempt: never) => Awaitable<AuthorizeResult>

interface CompiledRule {
  readonly pattern: ChannelPattern
  readonly rule: AnyRule
}

/** What was compiled for the rules that `channels` has made, so that it can join them. */
const compiled = new WeakMap<object, readonly CompiledRule[]>()

/**
 * An `authorize` made of a table of rules: a channel's name is matched as a whole against every pattern, and the most
 * specific one's rule is asked. A channel that no rule names is refused.
 *
 * ```ts
 * authorize: channelRules<User>({
 *   'private-user-{id}': ({ user, params }) => params.id === user.id,
 *   'presence-room-{room}': async ({ user, params }) => (await isMember(user, params.room)) && { user_id: user.id },
 * })
 * ```
 *
 * A parameter takes at least one character, up to where the text behind it first comes; the last one takes the rest.
 * Rules are tried by the length of their literal beginning, then by how many literal characters they have. A
 * `private-` rule is never asked about a `private-encrypted-` channel.
 *
 * With the user's type written by hand, TypeScript types `params` with any name; `channelRules<User>()({ … })` types them by
 * each pattern. So does `channelRules({ … })` where `user` has its parameter annotated.
 *
 * @throws {TypeError} naming the pattern that is malformed, could match nothing, or has the shape of another one
 */
export function channelRules<User, Request, Pattern extends string>(
  rules: RuleTable<Pattern, User, Request>,
): ChannelRules<User, Request>
/** Types the parameters by each pattern, for users of a type: `channelRules<User>()({ … })`. */
export function channelRules<User, Request = unknown>(): ChannelsOf<User, Request>
/** Joins rules that were made apart, in other files. Their order does not matter. */
export function channelRules<User, Request>(
  ...parts: readonly [ChannelRules<User, Request>, ...ChannelRules<User, Request>[]]
): ChannelRules<User, Request>
/** Rules for users whose type is written by hand: any parameter's name is taken. */
export function channelRules<User, Request = unknown>(rules: LooseRuleTable<User, Request>): ChannelRules<User, Request>
export function channelRules(...parts: readonly object[]): unknown {
  return parts.length === 0 ? (rules: object) => joined([rules]) : joined(parts)
}

function joined(parts: readonly object[]): ChannelRules<unknown> {
  const rules = parts.flatMap(rulesOf)
  const shapes = new Map<string, string>()
  for (const { pattern } of rules) {
    const other = shapes.get(pattern.shape)
    if (other !== undefined)
      throw invalidArgument(`rule '${pattern.text}'`, `has the shape of '${other}': one of them would never be asked`)
    shapes.set(pattern.shape, pattern.text)
  }
  const ordered = rules.toSorted((one, other) => ChannelPattern.mostSpecificFirst(one.pattern, other.pattern))

  const authorize = (attempt: AuthorizeContext<unknown, unknown>): Awaitable<AuthorizeResult> => {
    const codes = codesOf(attempt.channel)
    for (const { pattern, rule } of ordered) {
      const params = pattern.match(attempt.channel, codes)
      if (params !== undefined) return rule({ ...attempt, params } as never)
    }
    return false
  }
  compiled.set(authorize, rules)
  return Object.assign(authorize, { patterns: ordered.map(({ pattern }) => pattern.text) })
}

function rulesOf(part: unknown): readonly CompiledRule[] {
  const known = typeof part === 'function' ? compiled.get(part) : undefined
  if (known !== undefined) return known
  if (!isRecord(part))
    throw invalidArgument(
      'rules',
      `must be an object { pattern: rule }, or what channelRules() has made (got ${describeType(part)})`,
    )
  return Object.entries(part).map(([text, rule]: [string, unknown]) => {
    const argument = `rule '${text}'`
    const pattern = new ChannelPattern(text, argument)
    if (pattern.kind === 'public')
      throw invalidArgument(argument, 'must begin with private- or presence-; others need no answer')
    if (typeof rule !== 'function') throw invalidArgument(argument, `must be a function (got ${describeType(rule)})`)
    return { pattern, rule: rule as AnyRule }
  })
}

/** What a rule is asked: what `authorize` is, and the parameters that the channel's name gave. */
export interface RuleContext<Pattern extends string, User, Request> extends AuthorizeContext<Request, User> {
  /** By the pattern's names, the text that each took of the channel's name. */
  readonly params: Params<Pattern>
}

/** What a rule answers for a private channel. */
export type PrivateRuleResult = Member | Denial | boolean | null | undefined

/** What a rule answers for an encrypted channel, which has no members. */
export type EncryptedRuleResult = Denial | boolean | null | undefined

/** What a rule answers for a presence channel: `true` is not enough, since the other members are shown who came. */
export type PresenceRuleResult = Member | Denial | false | null | undefined

/** May they join the channels that the pattern matches? */
export type ChannelRule<Pattern extends string, User, Request> = (
  attempt: RuleContext<Pattern, User, Request>,
) => Awaitable<
  Pattern extends `presence-${string}`
    ? PresenceRuleResult
    : Pattern extends `private-encrypted-${string}`
      ? EncryptedRuleResult
      : PrivateRuleResult
>

/** A table of rules, each typed by its own pattern. A pattern that is neither private nor presence does not compile. */
export type RuleTable<Pattern extends string, User, Request> = {
  readonly [P in Pattern]: P extends `private-${string}` | `presence-${string}` ? ChannelRule<P, User, Request> : never
}

/** A table of rules whose parameters are any: TypeScript infers no pattern where the user's type is written by hand. */
export interface LooseRuleTable<User, Request> {
  readonly [pattern: `private-${string}`]: (attempt: RuleContext<string, User, Request>) => Awaitable<PrivateRuleResult>
  readonly [pattern: `private-encrypted-${string}`]: (
    attempt: RuleContext<string, User, Request>,
  ) => Awaitable<EncryptedRuleResult>
  readonly [pattern: `presence-${string}`]: (
    attempt: RuleContext<string, User, Request>,
  ) => Awaitable<PresenceRuleResult>
}
