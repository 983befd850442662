import type { AuthorizeContext, AuthorizeResult } from '../auth/decisions.ts'
import type { Denial } from '../auth/deny.ts'
import type { Awaitable } from '../auth/run-callback.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Member } from '../signing/channel.ts'
import { ChannelPattern, type Params } from './pattern.ts'

/** An `authorize` callback made from a table of rules. */
export interface ChannelRules<User, Request = unknown> {
  (context: AuthorizeContext<Request, User>): Awaitable<AuthorizeResult>
  /** The patterns, in the order in which they are tried. */
  readonly patterns: readonly string[]
  /** Returns the pattern whose rule decides about a channel; `undefined` if none matches. */
  patternFor(channel: string): string | undefined
}

/** Makes rules for users of one type. Each pattern types its own parameters. */
type TypedChannelRules<User, Request> = <Pattern extends string>(
  rules: RuleTable<Pattern, User, Request>,
) => ChannelRules<User, Request>

type AnyRule = (context: never) => Awaitable<AuthorizeResult>

interface CompiledRule {
  readonly pattern: ChannelPattern
  readonly rule: AnyRule
  /** Throws on every unknown parameter. */
  readonly guard: ProxyHandler<Record<string, string>>
}

/** The compiled rules behind each function that `channelRules` has returned, to join them. */
const compiled = new WeakMap<object, readonly CompiledRule[]>()

/**
 * Makes an `authorize` callback from a table of rules. The most specific pattern that matches the whole channel name
 * decides. Channels that no pattern matches are refused.
 *
 * - A parameter matches at least one character, up to the first occurrence of the text behind it. The last parameter
 *   takes the rest.
 * - Rules are tried by the length of their literal beginning, then by their number of literal characters.
 * - A `private-` rule never matches a `private-encrypted-` channel.
 * - Reading a parameter that the pattern does not have throws. The endpoint then responds with 500 and signs nothing.
 *
 * `channelRules<User>({ … })` lets TypeScript accept any parameter name. `channelRules<User>()({ … })` types the
 * parameters by each pattern. So does `channelRules({ … })` if the rules annotate the type of `user`.
 *
 * @example
 * ```ts
 * const authorize = channelRules<User>()({
 *   'private-user-{id}': ({ user, params }) => params.id === user.id,
 *   'presence-room-{room}': async ({ user, params }) => (await isMember(user, params.room)) && { user_id: user.id },
 * })
 * ```
 * @throws {TypeError} if a pattern is malformed, matches no channel, or conflicts with another pattern
 */
export function channelRules<User, Request, Pattern extends string>(
  rules: RuleTable<Pattern, User, Request>,
): ChannelRules<User, Request>
/** Returns a function that takes the rules and types the parameters by each pattern: `channelRules<User>()({ … })`. */
export function channelRules<User, Request = unknown>(): TypedChannelRules<User, Request>
/** Joins rules of several files into one `authorize` callback, in any order. */
export function channelRules<User, Request>(
  ...parts: readonly [ChannelRules<User, Request>, ...ChannelRules<User, Request>[]]
): ChannelRules<User, Request>
/** Makes rules for an explicit user type. TypeScript accepts any parameter name; an unknown one throws when it is read. */
export function channelRules<User, Request = unknown>(rules: LooseRuleTable<User, Request>): ChannelRules<User, Request>
export function channelRules(...parts: readonly object[]): unknown {
  return parts.length === 0 ? (rules: object) => join([rules]) : join(parts)
}

function join(parts: readonly object[]): ChannelRules<unknown> {
  const rules = parts.flatMap(compile)
  const shapes = new Map<string, string>()
  for (const { pattern } of rules) {
    const other = shapes.get(pattern.shape)
    if (other !== undefined)
      throw invalidArgument(`'${pattern.text}'`, `conflicts with '${other}': both match the same channels.`)
    shapes.set(pattern.shape, pattern.text)
  }
  const ordered = rules.toSorted((a, b) => ChannelPattern.mostSpecificFirst(a.pattern, b.pattern))

  const authorize = (context: AuthorizeContext<unknown, unknown>): Awaitable<AuthorizeResult> => {
    for (const { pattern, rule, guard } of ordered) {
      const params = pattern.match(context.channel)
      if (params !== undefined) return rule({ ...context, params: new Proxy(params, guard) } as never)
    }
    return false
  }
  compiled.set(authorize, rules)
  return Object.assign(authorize, {
    patterns: ordered.map(({ pattern }) => pattern.text),
    patternFor: (channel: string) => ordered.find(({ pattern }) => pattern.match(channel) !== undefined)?.pattern.text,
  })
}

function compile(part: unknown): readonly CompiledRule[] {
  const known = typeof part === 'function' ? compiled.get(part) : undefined
  if (known !== undefined) return known
  if (!isRecord(part))
    throw invalidArgument(
      'rules',
      `must be an object { pattern: rule }, or a result of channelRules() (received ${describeType(part)}).`,
    )
  return Object.entries(part).map(([text, rule]: [string, unknown]) => {
    const argument = `rule '${text}'`
    const pattern = new ChannelPattern(text, argument)
    if (pattern.kind === 'public')
      throw invalidArgument(argument, 'must begin with private- or presence-. Public channels need no authorization.')
    if (typeof rule !== 'function')
      throw invalidArgument(argument, `must be a function (received ${describeType(rule)}).`)
    return { pattern, rule: rule as AnyRule, guard: guardParams(pattern, argument) }
  })
}

/**
 * An unknown parameter would be `undefined`, and so is a property that a user does not have:
 * `params.id === user.id` would then let every user in.
 */
function guardParams({ params }: ChannelPattern, argument: string): ProxyHandler<Record<string, string>> {
  return {
    get(values, name) {
      if (typeof name === 'symbol' || Object.hasOwn(values, name)) return values[name as string]
      // `await` and JSON.stringify read these of every object.
      if (name === 'then' || name === 'toJSON') return undefined
      throw invalidArgument(
        argument,
        `has no parameter '${name}'. Parameters of the pattern: ${params.join(', ') || 'none'}.`,
      )
    },
  }
}

/** The context of a rule: that of `authorize`, and the parameters of the channel name. */
export interface RuleContext<Pattern extends string, User, Request> extends AuthorizeContext<Request, User> {
  /** The text that each parameter of the pattern matched. Reading any other name throws a `TypeError`. */
  readonly params: Params<Pattern>
}

/** The result of a rule for a private channel. */
export type PrivateRuleResult = Member | Denial | boolean | null | undefined

/** The result of a rule for an encrypted channel, which has no members. */
export type EncryptedRuleResult = Denial | boolean | null | undefined

/** The result of a rule for a presence channel. Not `true`: other members see who has joined. */
export type PresenceRuleResult = Member | Denial | false | null | undefined

/** A rule: decides whether the user may subscribe to the channels that its pattern matches. */
export type ChannelRule<Pattern extends string, User, Request> = (
  context: RuleContext<Pattern, User, Request>,
) => Awaitable<
  Pattern extends `presence-${string}`
    ? PresenceRuleResult
    : Pattern extends `private-encrypted-${string}`
      ? EncryptedRuleResult
      : PrivateRuleResult
>

/** A table of rules, each typed by its own pattern. The pattern of a public channel does not compile. */
export type RuleTable<Pattern extends string, User, Request> = {
  readonly [P in Pattern]: P extends `private-${string}` | `presence-${string}` ? ChannelRule<P, User, Request> : never
}

/** A table of rules whose parameters have any name: with an explicit user type, TypeScript infers no pattern. */
interface LooseRuleTable<User, Request> {
  readonly [pattern: `private-${string}`]: (context: RuleContext<string, User, Request>) => Awaitable<PrivateRuleResult>
  readonly [pattern: `private-encrypted-${string}`]: (
    context: RuleContext<string, User, Request>,
  ) => Awaitable<EncryptedRuleResult>
  readonly [pattern: `presence-${string}`]: (
    context: RuleContext<string, User, Request>,
  ) => Awaitable<PresenceRuleResult>
}
