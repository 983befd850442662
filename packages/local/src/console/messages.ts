import type { LogEntry } from '../log/entry.ts'
import type { ChannelKind } from '../names.ts'

/** What the service tells an open console. */
export type ToConsole = Hello | Snapshot | Batch | Triggered

/** What a console asks of the service. */
export type FromConsole = Focus | Trigger

/** The first message. */
export interface Hello {
  readonly type: 'hello'
  readonly apps: readonly {
    readonly id: string
    readonly key: string
    /** Of the published default app alone: whoever gives an app of their own may have given it a real secret. */
    readonly secret: string | undefined
    readonly token: string | undefined
  }[]
}

/** Who is where now. Lists end early; counts do not. */
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

/** What happened since the last batch: all of it counted, and as much of it shown as somebody could read. */
export interface Batch {
  readonly type: 'batch'
  readonly counts: readonly AppCounts[]
  readonly entries: readonly LogEntry[]
  /** How many were counted and are not in `entries`. */
  readonly leftOut: number
}

export interface AppCounts {
  /** Its id; `undefined` for what is of no app that is known. */
  readonly app: string | undefined
  readonly counts: Counts
}

export type Counts = Partial<Record<LogEntry['type'], number>>

/** The answer to a `Trigger`. */
export interface Triggered {
  readonly type: 'triggered'
  /** How many connections got the event; `undefined` with an `error`. */
  readonly receivers?: number | undefined
  readonly error?: string | undefined
}

/** Entries and channels whose channel contains this text go first when there are too many to show. */
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
