import { ownProperty } from '../internal/json.ts'

/** The first connection has subscribed to a channel. */
export interface ChannelOccupied {
  /** Discriminates the union. */
  readonly name: 'channel_occupied'
  /** The channel's name. */
  readonly channel: string
}

/** The last connection has left a channel. */
export interface ChannelVacated {
  /** Discriminates the union. */
  readonly name: 'channel_vacated'
  /** The channel's name. */
  readonly channel: string
}

/** A user has joined a presence channel, with their first connection. */
export interface MemberAdded {
  /** Discriminates the union. */
  readonly name: 'member_added'
  /** The channel's name. */
  readonly channel: string
  /** The member's `user_id`; a number is converted to its digits. */
  readonly user_id: string
}

/** A user has left a presence channel, with their last connection. */
export interface MemberRemoved {
  /** Discriminates the union. */
  readonly name: 'member_removed'
  /** The channel's name. */
  readonly channel: string
  /** As in {@link MemberAdded}. */
  readonly user_id: string
}

/** A browser has sent an event to the other subscribers of a channel. Its data is not validated. */
export interface ClientEvent {
  /** Discriminates the union. */
  readonly name: 'client_event'
  /** The channel's name. */
  readonly channel: string
  /** Its name, such as `client-typing`. */
  readonly event: string
  /** The data that the browser sent, often JSON text. */
  readonly data: unknown
  /** The connection that sent it. */
  readonly socket_id: string
  /** The sender, on a presence channel; as in {@link MemberAdded}. */
  readonly user_id?: string
}

/** A connection has subscribed to a cache channel without a cached event. */
export interface CacheMiss {
  /** Discriminates the union. */
  readonly name: 'cache_miss'
  /** The channel's name. */
  readonly channel: string
}

/** The number of connections of a channel has changed. */
export interface SubscriptionCount {
  /** Discriminates the union. */
  readonly name: 'subscription_count'
  /** The channel's name. */
  readonly channel: string
  /** Connections that are subscribed to it. */
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

/** An event with a name that this version does not know, or without the fields of its name. */
export interface UnknownWebhookEvent {
  /** Discriminates the union. The name that was sent is in `event`. */
  readonly name: 'unknown'
  /** The whole event as received, with its name. */
  readonly event: Readonly<Record<string, unknown>>
}

/** An event of a webhook. `switch (event.name)` narrows it. Fields that this version does not know are kept. */
export type WebhookEvent = KnownWebhookEvent | UnknownWebhookEvent

/** Reads a field: `undefined` if it has another type, {@link absent} if it is optional and missing. */
type Read = (value: unknown) => unknown

const absent: unique symbol = Symbol('absent')
const text: Read = (value) => (typeof value === 'string' ? value : undefined)
const id: Read = (value) => (Number.isSafeInteger(value) ? String(value) : text(value))
const optionalId: Read = (value) => (value === undefined || value === null ? absent : id(value))
const count: Read = (value) => (Number.isSafeInteger(value) ? value : undefined)
const anything: Read = (value) => (value === undefined ? absent : value)

type Fields<Event> = { readonly [Field in Exclude<keyof Event, 'name'>]-?: Read }

/** The fields of each event. A field that is missing here does not compile. */
const fieldsByName: { readonly [Event in KnownWebhookEvent as Event['name']]: Fields<Event> } = {
  channel_occupied: { channel: text },
  channel_vacated: { channel: text },
  member_added: { channel: text, user_id: id },
  member_removed: { channel: text, user_id: id },
  client_event: { channel: text, event: text, data: anything, socket_id: text, user_id: optionalId },
  cache_miss: { channel: text },
  subscription_count: { channel: text, subscription_count: count },
}

/** Converts an event of a webhook's body. An unknown one becomes `unknown`, so that the others of its batch are handled. */
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
