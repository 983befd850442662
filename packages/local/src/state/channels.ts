import { internalFrame } from '../protocol/frames.ts'
import { channelKind } from '../protocol/names.ts'
import type { WebhookEvent } from '../protocol/webhook-event.ts'
import { SubscriptionCounts } from './subscription-counts.ts'

/** A connection that can subscribe. */
export interface Subscriber {
  readonly socketId: string
  send(frame: string): void
}

/** A member of a presence channel. */
export interface Member {
  readonly id: string
  /** JSON text as the app signed it; it is never serialized again. */
  readonly info: string
}

interface Channel {
  readonly subscribers: Map<Subscriber, Member | undefined>
  /** By user id. A user with several connections is one member, with the info of the first connection. */
  readonly members: Map<string, { readonly info: string; connections: number }>
}

/** Subscriptions and members of one app. A channel exists while it has a subscriber. */
export class Channels {
  readonly #channels = new Map<string, Channel>()
  readonly #joined = new Map<Subscriber, Set<string>>()
  readonly #notify: (event: WebhookEvent) => void
  readonly #counts: SubscriptionCounts | undefined
  readonly #announcesCounts: boolean

  /**
   * @param notify called with every event of a webhook about channels and members; `undefined` without a webhook
   * @param announcesCounts whether subscribers receive `pusher_internal:subscription_count`
   */
  constructor(notify: ((event: WebhookEvent) => void) | undefined, announcesCounts: boolean) {
    this.#notify = notify ?? (() => {})
    this.#announcesCounts = announcesCounts
    if (announcesCounts || notify !== undefined)
      this.#counts = new SubscriptionCounts((name) => this.#announceCount(name))
  }

  /** Names of the channels that have a subscriber. */
  occupied(): string[] {
    return [...this.#channels.keys()]
  }

  has(name: string, subscriber: Subscriber): boolean {
    return this.#channels.get(name)?.subscribers.has(subscriber) ?? false
  }

  memberOf(name: string, subscriber: Subscriber): Member | undefined {
    return this.#channels.get(name)?.subscribers.get(subscriber)
  }

  subscriptionCount(name: string): number {
    return this.#channels.get(name)?.subscribers.size ?? 0
  }

  userIds(name: string): string[] {
    return [...(this.#channels.get(name)?.members.keys() ?? [])]
  }

  hasMember(name: string, id: string): boolean {
    return this.#channels.get(name)?.members.has(id) ?? false
  }

  memberCount(name: string): number {
    return this.#channels.get(name)?.members.size ?? 0
  }

  *members(name: string): Generator<Member> {
    for (const [id, { info }] of this.#channels.get(name)?.members ?? []) yield { id, info }
  }

  /** Number of channels that a subscriber is subscribed to. */
  countOf(subscriber: Subscriber): number {
    return this.#joined.get(subscriber)?.size ?? 0
  }

  /**
   * Subscribes a new subscriber, confirms it, and announces a member who was absent to the other subscribers.
   * @param firstFrame sent right after the confirmation
   */
  join(name: string, subscriber: Subscriber, member: Member | undefined, firstFrame?: string): void {
    const channel = this.#channels.get(name) ?? { subscribers: new Map(), members: new Map() }
    this.#channels.set(name, channel)
    const isUser = channelKind(name) === 'user'
    if (channel.subscribers.size === 0 && !isUser) this.#notify({ name: 'channel_occupied', channel: name })
    channel.subscribers.set(subscriber, member)
    const joined = this.#joined.get(subscriber) ?? new Set()
    this.#joined.set(subscriber, joined.add(name))

    if (member === undefined) {
      subscriber.send(internalFrame('subscription_succeeded', name, '{}'))
      if (firstFrame !== undefined) subscriber.send(firstFrame)
      if (!isUser) this.#counts?.changed(name, channel.subscribers.size)
      return
    }
    const present = channel.members.get(member.id)
    if (present === undefined) channel.members.set(member.id, { info: member.info, connections: 1 })
    else present.connections += 1
    subscriber.send(internalFrame('subscription_succeeded', name, presenceText(channel)))
    if (firstFrame !== undefined) subscriber.send(firstFrame)
    if (present === undefined) {
      this.#notify({ name: 'member_added', channel: name, user_id: member.id })
      const added = `{"user_id":${JSON.stringify(member.id)},"user_info":${member.info}}`
      this.send(name, internalFrame('member_added', name, added), subscriber.socketId)
    }
  }

  /** Unsubscribes. Returns false if there was no subscription. */
  leave(name: string, subscriber: Subscriber): boolean {
    const channel = this.#channels.get(name)
    if (channel === undefined || !channel.subscribers.has(subscriber)) return false
    const member = channel.subscribers.get(subscriber)
    channel.subscribers.delete(subscriber)
    this.#joined.get(subscriber)?.delete(name)
    if (channel.subscribers.size === 0) this.#channels.delete(name)

    if (member !== undefined) this.#leaveMember(name, channel, member.id)
    if (channelKind(name) === 'user') return true
    if (member === undefined) this.#counts?.changed(name, channel.subscribers.size)
    if (channel.subscribers.size === 0) this.#notify({ name: 'channel_vacated', channel: name })
    return true
  }

  #announceCount(name: string): void {
    const count = this.subscriptionCount(name)
    if (this.#announcesCounts)
      this.send(name, internalFrame('subscription_count', name, `{"subscription_count":${count}}`))
    this.#notify({ name: 'subscription_count', channel: name, subscription_count: count })
  }

  /** Cancels pending announcements. */
  close(): void {
    this.#counts?.stop()
  }

  #leaveMember(name: string, { members }: Channel, id: string): void {
    const present = members.get(id)
    if (present === undefined) return
    present.connections -= 1
    if (present.connections > 0) return
    members.delete(id)
    this.#notify({ name: 'member_removed', channel: name, user_id: id })
    this.send(name, internalFrame('member_removed', name, `{"user_id":${JSON.stringify(id)}}`))
  }

  /** Ends all subscriptions of a subscriber. Returns the names of its channels. */
  leaveAll(subscriber: Subscriber): string[] {
    const names = [...(this.#joined.get(subscriber) ?? [])]
    for (const name of names) this.leave(name, subscriber)
    this.#joined.delete(subscriber)
    return names
  }

  /**
   * Sends a frame to all subscribers of a channel except the connection with the id `except`.
   * @returns the number of receivers
   */
  send(name: string, frame: string, except?: string): number {
    let receivers = 0
    for (const subscriber of this.#channels.get(name)?.subscribers.keys() ?? []) {
      if (subscriber.socketId === except) continue
      subscriber.send(frame)
      receivers += 1
    }
    return receivers
  }
}

function presenceText({ members }: Channel): string {
  const ids = [...members.keys()]
  const hash = [...members].map(([id, { info }]) => `${JSON.stringify(id)}:${info}`)
  return `{"presence":{"count":${ids.length},"ids":${JSON.stringify(ids)},"hash":{${hash.join()}}}}`
}
