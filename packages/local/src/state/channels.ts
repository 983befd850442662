import { internalFrame } from '../protocol/frames.ts'

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

  /** Subscribes a new subscriber, confirms it, and announces a member who was absent to the other subscribers. */
  join(name: string, subscriber: Subscriber, member: Member | undefined): void {
    const channel = this.#channels.get(name) ?? { subscribers: new Map(), members: new Map() }
    this.#channels.set(name, channel)
    channel.subscribers.set(subscriber, member)
    const joined = this.#joined.get(subscriber) ?? new Set()
    this.#joined.set(subscriber, joined.add(name))

    if (member === undefined) {
      subscriber.send(internalFrame('subscription_succeeded', name, '{}'))
      return
    }
    const present = channel.members.get(member.id)
    if (present === undefined) channel.members.set(member.id, { info: member.info, connections: 1 })
    else present.connections += 1
    subscriber.send(internalFrame('subscription_succeeded', name, presenceText(channel)))
    if (present === undefined) {
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
    return true
  }

  #leaveMember(name: string, { members }: Channel, id: string): void {
    const present = members.get(id)
    if (present === undefined) return
    present.connections -= 1
    if (present.connections > 0) return
    members.delete(id)
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
