import { ownProperty } from '../internal/json.ts'

/** The first connection has subscribed to a channel. */
export interface ChannelOccupied {
  /** Tells it from the others. */
  readonly name: 'channel_occupied'
  /** The channel's name. */
  readonly channel: string
}

/** The last connection has left a channel. */
export interface ChannelVacated {
  /** Tells it from the others. */
  readonly name: 'channel_vacated'
  /** The channel's name. */
  readonly channel: string
}

/** A user has joined a presence channel, with their first connection. */
export interface MemberAdded {
  /** Tells it from the others. */
  readonly name: 'member_added'
  /** The channel's name. */
  readonly channel: string
  /** As it was signed; one that was signed as a number comes as its digits. */
  readonly user_id: string
}

/** A user has left a presence channel, with their last connection. */
export interface MemberRemoved {
  /** Tells it from the others. */
  readonly name: 'member_removed'
  /** The channel's name. */
  readonly channel: string
  /** As in {@link MemberAdded}. */
  readonly user_id: string
}

/** A browser has sent an event to the others on a channel. Nobody has checked what it says. */
export interface ClientEvent {
  /** Tells it from the others. */
  readonly name: 'client_event'
  /** The channel's name. */
  readonly channel: string
  /** Its name, such as `client-typing`. */
  readonly event: string
  /** What the browser sent, often as JSON text. */
  readonly data: unknown
  /** The connection that sent it. */
  readonly socket_id: string
  /** Who sent it, on a presence channel; as in {@link MemberAdded}. */
  readonly user_id?: string
}

/** A connection has subscribed to a cache channel that has nothing to show. */
export interface CacheMiss {
  /** Tells it from the others. */
  readonly name: 'cache_miss'
  /** The channel's name. */
  readonly channel: string
}

/** How many connections a channel has by now. */
export interface SubscriptionCount {
  /** Tells it from the others. */
  readonly name: 'subscription_count'
  /** The channel's name. */
  readonly channel: string
  /** Connections that have subscribed to it. */
  readonly subscription_count: number
}

/** The events that this version knows. */
export type KnownWebhookEvent =
  | ChannelOccupied
  | ChannelVacated
  | MemberAdded
  | MemberRemoved
  | ClientEvent
  | CacheMiss
  | SubscriptionCount

/** An event with a name that this version does not know, or without what its name promises. */
export interface UnknownWebhookEvent {
  /** Tells it from the others. Its own name is in `event`. */
  readonly name: 'unknown'
  /** The whole event as it came, its own name included. */
  readonly event: Readonly<Record<string, unknown>>
}

/**
 * What a webhook tells. `switch (event.name)` narrows it. Fields that this version does not know are kept on the object.
 */
export type WebhookEvent = KnownWebhookEvent | UnknownWebhookEvent

/** Reads a field: `undefined` if it is not what it should be, {@link absent} if it may be missing and is. */
type Read = (value: unknown) => unknown

const absent: unique symbol = Symbol('not there')
const text: Read = (value) => (typeof value === 'string' ? value : undefined)
const id: Read = (value) => (Number.isSafeInteger(value) ? String(value) : text(value))
const optionalId: Read = (value) => (value === undefined || value === null ? absent : id(value))
const count: Read = (value) => (Number.isSafeInteger(value) ? value : undefined)
const anything: Read = (value) => (value === undefined ? absent : value)

type Fields<Event> = { readonly [Field in Exclude<keyof Event, 'name'>]-?: Read }

/** A row for each event: a field that its type names and that is forgotten here does not compile. */
const fieldsByName: { readonly [Event in KnownWebhookEvent as Event['name']]: Fields<Event> } = {
  channel_occupied: { channel: text },
  channel_vacated: { channel: text },
  member_added: { channel: text, user_id: id },
  member_removed: { channel: text, user_id: id },
  client_event: { channel: text, event: text, data: anything, socket_id: text, user_id: optionalId },
  cache_miss: { channel: text },
  subscription_count: { channel: text, subscription_count: count },
}

/** An event of a webhook's body, typed. One that is not known passes as `unknown`: the others of its batch still count. */
export function toWebhookEvent(event: object): WebhookEvent {
  const raw = event as Readonly<Record<string, unknown>>
  const name = ownProperty(raw, 'name')
  const fields = typeof name === 'string' ? ownProperty(fieldsByName, name) : undefined
  if (fields === undefined) return { name: 'unknown', event: raw }
  const typed: Record<string, unknown> = { ...raw }
  for (const [field, read] of Object.entries(fields as Readonly<Record<string, Read>>)) {
    const value = read(ownProperty(raw, field))
    if (value === undefined) return { name: 'unknown', event: raw }
    if (value === absent) delete typed[field]
    else typed[field] = value
  }
  return typed as unknown as KnownWebhookEvent
}
