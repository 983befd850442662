import type { AuthorizeAttempt } from '../endpoint/authorize.ts'
import type { Awaitable } from '../endpoint/callback.ts'
import type { Denial } from '../endpoint/deny.ts'
import type { Member } from '../sign/channel.ts'
import type { Params } from './pattern.ts'

/** What a rule is asked: what `authorize` is, and the parameters that the channel's name gave. */
export interface RuleAttempt<Pattern extends string, User, Request> extends AuthorizeAttempt<Request, User> {
  /** By the pattern's names, the text that each took of the channel's name. */
  readonly params: Params<Pattern>
}

/** What a rule answers for a private channel. */
export type PrivateRuleAnswer = Member | Denial | boolean | null | undefined

/** What a rule answers for an encrypted channel, which has no members. */
export type EncryptedRuleAnswer = Denial | boolean | null | undefined

/** What a rule answers for a presence channel: `true` is not enough, since the other members are shown who came. */
export type PresenceRuleAnswer = Member | Denial | false | null | undefined

/** May they join the channels that the pattern matches? */
export type ChannelRule<Pattern extends string, User, Request> = (
  attempt: RuleAttempt<Pattern, User, Request>,
) => Awaitable<
  Pattern extends `presence-${string}`
    ? PresenceRuleAnswer
    : Pattern extends `private-encrypted-${string}`
      ? EncryptedRuleAnswer
      : PrivateRuleAnswer
>

/** A table of rules, each typed by its own pattern. A pattern that is neither private nor presence does not compile. */
export type RuleTable<Pattern extends string, User, Request> = {
  readonly [P in Pattern]: P extends `private-${string}` | `presence-${string}` ? ChannelRule<P, User, Request> : never
}

/** A table of rules whose parameters are any: TypeScript infers no pattern where the user's type is written by hand. */
export interface LooseRuleTable<User, Request> {
  readonly [pattern: `private-${string}`]: (attempt: RuleAttempt<string, User, Request>) => Awaitable<PrivateRuleAnswer>
  readonly [pattern: `private-encrypted-${string}`]: (
    attempt: RuleAttempt<string, User, Request>,
  ) => Awaitable<EncryptedRuleAnswer>
  readonly [pattern: `presence-${string}`]: (
    attempt: RuleAttempt<string, User, Request>,
  ) => Awaitable<PresenceRuleAnswer>
}

/** Lets whoever passes a test of the user join a private channel: `'private-admin-{rest}': only(isAdmin)`. */
export function only<User>(
  test: (user: User) => Awaitable<boolean>,
): (attempt: { readonly user: User }) => Awaitable<boolean> {
  return ({ user }) => test(user)
}
