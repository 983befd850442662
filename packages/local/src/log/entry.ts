import type { ChannelKind } from '../names.ts'

/** Something that happened in the service: one of a closed list, told apart by `type`. It holds no secret and no token. */
export type LogEntry = Stamp & Happening

/** When, and in which app. */
export interface Stamp {
  /** Milliseconds since 1970, by the clock of the service. */
  readonly at: number
  /** The app's id; `undefined` where it is not known, as for a wrong key. */
  readonly app: string | undefined
}

/** What happened, told apart by `type`. */
export type Happening =
  | Connected
  | Disconnected
  | ConnectionRefused
  | Subscribed
  | Unsubscribed
  | SubscriptionRefused
  | SignedIn
  | SigninRefused
  | FrameRefused
  | EventSent
  | RequestAnswered

/** A client has connected. */
export interface Connected {
  readonly type: 'connected'
  /** The connection. */
  readonly socketId: string
}

/** A connection has ended. An `unsubscribed` for each channel that it was on comes first. */
export interface Disconnected {
  readonly type: 'disconnected'
  /** The connection. */
  readonly socketId: string
  /** The WebSocket close code, such as 1000, 1006 (nobody said goodbye) or 4009. */
  readonly code: number
}

/** A client was not let in: a wrong key, path, protocol version, host or origin. */
export interface ConnectionRefused {
  readonly type: 'connection_refused'
  /** The WebSocket close code (4001 to 4008), or 403 where the handshake was refused. */
  readonly code: number
  /** As the client gets it. */
  readonly reason: string
  /** What was wrong and what to do, where the service can tell. */
  readonly explanation?: Explanation | undefined
}

/** A connection has joined a channel. */
export interface Subscribed {
  readonly type: 'subscribed'
  /** The connection. */
  readonly socketId: string
  /** Its name. */
  readonly channel: string
  /** Of the channel. */
  readonly kind: ChannelKind
  /** On a presence channel: who joined. */
  readonly member?: LoggedMember | undefined
}

/** A member of a presence channel, as the app signed it. */
export interface LoggedMember {
  /** As text, also where the app signed a number. */
  readonly user_id: string
  /** Any JSON value, `null` where the app gave none. */
  readonly user_info: unknown
}

/** A connection has left a channel, by itself or because it ended. */
export interface Unsubscribed {
  readonly type: 'unsubscribed'
  /** The connection. */
  readonly socketId: string
  /** Its name. */
  readonly channel: string
}

/** A channel authorization was wrong or missing, or lacked the member of a presence channel. */
export interface SubscriptionRefused {
  readonly type: 'subscription_refused'
  /** The connection. */
  readonly socketId: string
  /** Its name. */
  readonly channel: string
  /** Of the channel. */
  readonly kind: ChannelKind
  /** As the client gets it. */
  readonly reason: string
  /** What was wrong and what to do, where the service can tell. */
  readonly explanation?: Explanation | undefined
}

/** A connection has signed in as a user, perhaps again. */
export interface SignedIn {
  readonly type: 'signed_in'
  /** The connection. */
  readonly socketId: string
  /** The `id` that the app signed. */
  readonly userId: string
}

/** A sign-in failed, which ends the connection. */
export interface SigninRefused {
  readonly type: 'signin_refused'
  /** The connection. */
  readonly socketId: string
  /** As the client gets it. */
  readonly reason: string
  /** What was wrong and what to do, where the service can tell. */
  readonly explanation?: Explanation | undefined
}

/** Anything else that a client sent and got a `pusher:error` for, such as a client event over its limit. */
export interface FrameRefused {
  readonly type: 'frame_refused'
  /** The connection. */
  readonly socketId: string
  /** As the client gets it; `null` where the protocol has no code. */
  readonly code: number | null
  /** As the client gets it. */
  readonly reason: string
}

/** An event went out: one that a backend triggered, or a client event. */
export interface EventSent {
  readonly type: 'event'
  /** All channels that it was sent to, at least one. */
  readonly channels: readonly string[]
  /** The event's name. */
  readonly event: string
  /** What subscribers get: text, often of JSON. */
  readonly data: string
  /** How many connections it went to, over all its channels. 0 when nobody is subscribed. */
  readonly receivers: number
  /** The sender of a client event. */
  readonly socketId?: string | undefined
  /** The connection that a backend kept the event from. */
  readonly except?: string | undefined
}

/** An HTTP request was answered. The `event`s that it sent come first. */
export interface RequestAnswered {
  readonly type: 'request'
  /** The HTTP method. */
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** `undefined` where the path is of none. */
  readonly protocol: TriggerProtocol | undefined
  /** The HTTP status. */
  readonly status: number
  /** From its head to its answer, in milliseconds. */
  readonly ms: number
  /** The `error` of the answer, where it is one. */
  readonly error?: string | undefined
  /** What was wrong and what to do, where the service can tell. */
  readonly explanation?: Explanation | undefined
}

/** Which of the three ways to trigger a path belongs to. */
export type TriggerProtocol = 'signed' | 'token' | 'pusher'

/** Why something was refused, for whoever has to mend it. Clients never get it. */
export interface Explanation {
  /** What is wrong and what to do, in words. */
  readonly text: string
  /** Where a signature is wrong: exactly what should have been signed. */
  readonly stringToSign?: string | undefined
  /** What was signed instead, where that came to light. */
  readonly signed?: string | undefined
}
