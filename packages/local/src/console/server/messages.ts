import type { ChannelKind } from '../../protocol/names.ts'
import type { LogEntry } from '../../state/log-event.ts'

/** Messages of the service to an open console. */
export type ToConsole = Hello | History | Snapshot | Batch | Triggered

/** Messages of a console to the service. */
export type FromConsole = Focus | Trigger | Resend

/** The first message. */
export interface Hello {
  readonly type: 'hello'
  readonly apps: readonly {
    readonly id: string
    readonly key: string
    /** Only of the public default app: any other app may have a real secret. */
    readonly secret: string | undefined
    readonly token: string | undefined
  }[]
}

/** Former log entries, after the `Hello`: several messages, oldest first. */
export interface History {
  readonly type: 'history'
  readonly isFirst: boolean
  readonly entries: readonly LogEntry[]
}

/** Connections and channels now. Lists are limited; counts are not. */
export interface Snapshot {
  readonly type: 'snapshot'
  readonly apps: readonly AppSnapshot[]
}

export interface AppSnapshot {
  readonly id: string
  readonly connectionCount: number
  readonly connections: readonly ConnectionSnapshot[]
  readonly channelCount: number
  readonly channels: readonly ChannelSnapshot[]
}

export interface ConnectionSnapshot {
  readonly socketId: string
  readonly userId: string | undefined
  readonly channelCount: number
}

export interface ChannelSnapshot {
  readonly name: string
  readonly kind: ChannelKind
  readonly subscriberCount: number
  readonly memberCount: number
  /** `info` is JSON text, cut where it is long. */
  readonly members: readonly { readonly id: string; readonly info: string }[]
}

/** Log entries since the last batch: all of them counted, and as many shown as a person can read. */
export interface Batch {
  readonly type: 'batch'
  readonly counts: readonly AppCounts[]
  readonly entries: readonly LogEntry[]
  /** Number of entries that were counted and are not in `entries`. */
  readonly leftOut: number
}

export interface AppCounts {
  /** Its id; `undefined` for entries of no known app. */
  readonly app: string | undefined
  readonly counts: Counts
}

export type Counts = Partial<Record<LogEntry['type'], number>>

/** The result of a `Trigger`. */
export interface Triggered {
  readonly type: 'triggered'
  /** Number of connections that received the event; `undefined` with an `error`. */
  readonly receivers?: number | undefined
  readonly error?: string | undefined
}

/** Sends a former webhook again. */
export interface Resend {
  readonly type: 'resend'
  /** The app's id. */
  readonly app: string
  /** The webhook's id. */
  readonly id: string
}

/** Entries and channels whose channel contains this text have priority when there are too many to show. */
export interface Focus {
  readonly type: 'focus'
  readonly channel: string
}

export interface Trigger {
  readonly type: 'trigger'
  /** The app's id. */
  readonly app: string
  readonly channel: string
  readonly event: string
  readonly data: string
}
