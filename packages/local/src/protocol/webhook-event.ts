/** An event of a webhook, in the fields of the Pusher protocol. */
export type WebhookEvent =
  | ChannelWebhookEvent
  | MemberWebhookEvent
  | ClientEventWebhookEvent
  | SubscriptionCountWebhookEvent

/** A channel has its first subscriber, has lost its last one, or has no cached event for a new subscriber. */
export interface ChannelWebhookEvent {
  readonly name: 'channel_occupied' | 'channel_vacated' | 'cache_miss'
  readonly channel: string
}

/** A member has entered or left a presence channel. */
export interface MemberWebhookEvent {
  readonly name: 'member_added' | 'member_removed'
  readonly channel: string
  readonly user_id: string
}

/** A client has sent an event. */
export interface ClientEventWebhookEvent {
  readonly name: 'client_event'
  readonly channel: string
  readonly event: string
  readonly data: string
  readonly socket_id: string
  readonly user_id?: string
}

/** The number of subscribers of a channel has changed. */
export interface SubscriptionCountWebhookEvent {
  readonly name: 'subscription_count'
  readonly channel: string
  readonly subscription_count: number
}

/** The names of webhook events. */
export const webhookEventNames: readonly WebhookEvent['name'][] = [
  'channel_occupied',
  'channel_vacated',
  'member_added',
  'member_removed',
  'client_event',
  'cache_miss',
  'subscription_count',
]
