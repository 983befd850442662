import type { AuthorizeContext } from '../endpoint/authorize.ts'
import type { Awaitable } from '../endpoint/callback.ts'
import type { Denial } from '../endpoint/deny.ts'
import type { Member } from '../sign/channel.ts'
import type { Params } from './pattern.ts'

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
