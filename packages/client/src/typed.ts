import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Channel } from 'pusher-js'

/** The part of a contract of `defineEvents` that the browser needs: `typeof realtime`. */
export interface Contract {
  /** Schemas, by channel pattern and event name. */
  readonly channels: { readonly [pattern: string]: { readonly [event: string]: StandardSchemaV1 } }
  /** Schema of the members' `user_info`. */
  readonly member: StandardSchemaV1 | undefined
}

/** The channel names that a pattern matches. */
type NameOf<Pattern extends string> = Pattern extends `${infer Start}{${string}}${infer Rest}`
  ? `${Start}${string}${NameOf<Rest>}`
  : Pattern

/** The patterns that match a channel name. */
type PatternOf<C extends Contract, Name extends string> = {
  [Pattern in keyof C['channels'] & string]: Name extends NameOf<Pattern> ? Pattern : never
}[keyof C['channels'] & string]

type EventsOf<C extends Contract, Name extends string> = C['channels'][PatternOf<C, Name>]

/** Callbacks by event name: the data that each receives. */
export type EventHandlers<C extends Contract, Name extends string> = {
  readonly [Event in keyof EventsOf<C, Name> & string]: (
    data: StandardSchemaV1.InferOutput<EventsOf<C, Name>[Event]>,
  ) => void
}

type MemberInfo<C extends Contract> = C['member'] extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<C['member']>
  : unknown

/** One member of a presence channel. */
interface TypedMember<C extends Contract> {
  readonly id: string
  readonly info: MemberInfo<C>
}

/** The members of a presence channel. */
export interface TypedMembers<C extends Contract> {
  /** Number of members. */
  readonly count: number
  /** The member of this connection. */
  readonly me: TypedMember<C>
  /** Calls a function for each member. */
  each(callback: (member: TypedMember<C>) => void): void
  /** Returns a member by id. */
  get(id: string): TypedMember<C> | null
}

/** Events of pusher-js itself on every channel. */
interface SystemHandlers {
  readonly 'pusher:subscription_error': (error: {
    readonly type?: string
    readonly error?: string
    readonly status?: number
  }) => void
  readonly 'pusher:subscription_count': (data: { readonly subscription_count: number }) => void
  readonly 'pusher:cache_miss': () => void
}

/** Events of pusher-js itself on presence channels. */
interface PresenceHandlers<C extends Contract> extends SystemHandlers {
  readonly 'pusher:subscription_succeeded': (members: TypedMembers<C>) => void
  readonly 'pusher:member_added': (member: TypedMember<C>) => void
  readonly 'pusher:member_removed': (member: TypedMember<C>) => void
}

interface OtherHandlers extends SystemHandlers {
  readonly 'pusher:subscription_succeeded': () => void
}

type HandlersOf<C extends Contract, Name extends string> = EventHandlers<C, Name> &
  (Name extends `presence-${string}` ? PresenceHandlers<C> : OtherHandlers)

/** A channel of pusher-js whose events are typed by a contract. */
export type TypedChannel<C extends Contract, Name extends string> = Omit<Channel, 'bind' | 'unbind' | 'trigger'> & {
  /** Calls a function for each event of a name. */
  bind<Event extends keyof HandlersOf<C, Name> & string>(
    event: Event,
    callback: HandlersOf<C, Name>[Event],
    context?: unknown,
  ): TypedChannel<C, Name>
  /** Removes callbacks. */
  unbind<Event extends keyof HandlersOf<C, Name> & string>(
    event?: Event,
    callback?: HandlersOf<C, Name>[Event],
    context?: unknown,
  ): TypedChannel<C, Name>
  /** Sends a client event to the other subscribers. */
  trigger<Event extends keyof EventsOf<C, Name> & `client-${string}`>(
    event: Event,
    data: StandardSchemaV1.InferInput<EventsOf<C, Name>[Event]>,
  ): boolean
} & (Name extends `presence-${string}` ? { readonly members: TypedMembers<C> } : unknown)

/** The client class of pusher-js. By way of a channel: its default export is a namespace under `nodenext`. */
export type PusherLike = Channel['pusher']

/** A pusher-js client whose channels are typed by a contract. */
export type TypedPusher<C extends Contract> = Omit<PusherLike, 'subscribe' | 'channel'> & {
  /** Subscribes to a channel of the contract. */
  subscribe<Name extends NameOf<keyof C['channels'] & string>>(name: Name): TypedChannel<C, Name>
  /** Returns a subscribed channel of the contract. */
  channel<Name extends NameOf<keyof C['channels'] & string>>(name: Name): TypedChannel<C, Name> | undefined
}

/** Options of {@link typed}. */
export interface TypedOptions<C extends Contract> {
  /** The contract whose schemas validate incoming events. Default: nothing is validated. */
  readonly contract?: C
  /** Called for each event that does not match its schema; the event reaches no callback. Default: `console.error`. */
  readonly onInvalid?: (event: { readonly channel: string; readonly event: string; readonly paths: string[] }) => void
}

/**
 * Types a pusher-js client by a contract. With the option `contract`, incoming events are also validated: callbacks receive
 * the output of the schema, and an event that does not match it is dropped.
 *
 * @param pusher the pusher-js client, which is returned
 * @example
 * ```ts
 * import { typed } from '@pingerchips/client'
 * import { defineEvents } from '@pingerchips/core'
 * import Pusher from 'pusher-js'
 * import { z } from 'zod'
 *
 * const realtime = defineEvents({ 'private-user-{id}': { 'order-shipped': z.object({ id: z.number() }) } })
 * const pusher = typed<typeof realtime>(new Pusher('APP_KEY', { cluster: '' }))
 * pusher.subscribe('private-user-1').bind('order-shipped', ({ id }) => console.log(id))
 * ```
 */
export function typed<C extends Contract>(pusher: PusherLike, options: TypedOptions<C> = {}): TypedPusher<C> {
  const { contract } = options
  if (contract) validateEvents(pusher as unknown as Subscriber, contract, options.onInvalid)
  return pusher as unknown as TypedPusher<C>
}

interface Subscriber {
  subscribe(name: string): EventTarget
}

interface EventTarget {
  emit(event: string, data?: unknown, metadata?: unknown): EventTarget
}

const validated = new WeakSet<object>()

function validateEvents(
  pusher: Subscriber,
  { channels }: Contract,
  onInvalid: TypedOptions<Contract>['onInvalid'] = ({ channel, event, paths }) =>
    console.error(`${event} on ${channel} does not match its schema at ${paths.join(', ')}`),
): void {
  const subscribe = pusher.subscribe.bind(pusher)
  pusher.subscribe = (name) => {
    const channel = subscribe(name)
    if (validated.has(channel)) return channel
    validated.add(channel)
    const events = channels[patternOf(Object.keys(channels), name) ?? '']
    const emit = channel.emit.bind(channel)
    channel.emit = (event, data, metadata) => {
      const schema = events && Object.hasOwn(events, event) ? events[event] : undefined
      if (schema === undefined) return emit(event, data, metadata)
      const settle = (result: StandardSchemaV1.Result<unknown>) => {
        if (result.issues === undefined) emit(event, result.value, metadata)
        else onInvalid({ channel: name, event, paths: result.issues.map(pathOf) })
      }
      const result = schema['~standard'].validate(data)
      if (result instanceof Promise) void result.then(settle)
      else settle(result)
      return channel
    }
    return channel
  }
}

/** The most specific pattern that matches a name: the longest literal beginning, then the most literal text. */
function patternOf(patterns: readonly string[], name: string): string | undefined {
  const literals = (pattern: string) => pattern.split(/\{[^}]*\}/)
  return patterns
    .filter((pattern) =>
      new RegExp(
        `^${literals(pattern)
          .map((text) => text.replace(/[.]/g, '\\.'))
          .join('.+?')}$`,
      ).test(name),
    )
    .sort(
      (a, b) =>
        (literals(b)[0] ?? '').length - (literals(a)[0] ?? '').length ||
        literals(b).join('').length - literals(a).join('').length,
    )[0]
}

function pathOf({ path = [] }: StandardSchemaV1.Issue): string {
  return path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.')
}
