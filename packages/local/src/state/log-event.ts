import type { ChannelKind } from '../protocol/names.ts'
import type { WebhookEvent } from '../protocol/webhook-event.ts'

/** A log entry, discriminated by `type`. It contains no secret and no token. */
export type LogEntry = Stamp & LogEvent

/** Time and app of a log entry. */
export interface Stamp {
  /** Milliseconds since 1970, by the clock of the service. */
  readonly at: number
  /** The app's id; `undefined` where it is not known, as for a wrong key. */
  readonly app: string | undefined
}

/** A log event, discriminated by `type`. */
export type LogEvent =
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
  | RequestHandled
  | WebhookSent
  | DecisionMade

/** A client has connected. */
export interface Connected {
  readonly type: 'connected'
  /** The connection. */
  readonly socketId: string
}

/** A connection has ended. An `unsubscribed` for each of its channels comes first. */
export interface Disconnected {
  readonly type: 'disconnected'
  /** The connection. */
  readonly socketId: string
  /** The WebSocket close code, such as 1000, 1006 (no Close frame) or 4009. */
  readonly code: number
}

/** A connection was refused: a wrong key, path, protocol version, host or origin. */
export interface ConnectionRefused {
  readonly type: 'connection_refused'
  /** The WebSocket close code (4001 to 4008), or 403 where the handshake was refused. */
  readonly code: number
  /** As the client receives it. */
  readonly reason: string
  /** Cause and fix, where the service knows them. */
  readonly explanation?: Explanation | undefined
}

/** A connection has subscribed to a channel. */
export interface Subscribed {
  readonly type: 'subscribed'
  /** The connection. */
  readonly socketId: string
  /** The channel's name. */
  readonly channel: string
  /** The channel's kind. */
  readonly kind: ChannelKind
  /** The member, on a presence channel. */
  readonly member?: LoggedMember | undefined
}

/** A member of a presence channel, as the app signed it. */
export interface LoggedMember {
  /** As text, also where the app signed a number. */
  readonly user_id: string
  /** Any JSON value, `null` where the app gave none. */
  readonly user_info: unknown
}

/** A subscription has ended, by the client or with its connection. */
export interface Unsubscribed {
  readonly type: 'unsubscribed'
  /** The connection. */
  readonly socketId: string
  /** The channel's name. */
  readonly channel: string
}

/** A subscription was refused: its authorization was wrong or missing, or lacked the member of a presence channel. */
export interface SubscriptionRefused {
  readonly type: 'subscription_refused'
  /** The connection. */
  readonly socketId: string
  /** The channel's name. */
  readonly channel: string
  /** The channel's kind. */
  readonly kind: ChannelKind
  /** As the client receives it. */
  readonly reason: string
  /** Cause and fix, where the service knows them. */
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
  /** As the client receives it. */
  readonly reason: string
  /** Cause and fix, where the service knows them. */
  readonly explanation?: Explanation | undefined
}

/** Any other frame that the client received a `pusher:error` for, such as a client event over its limit. */
export interface FrameRefused {
  readonly type: 'frame_refused'
  /** The connection. */
  readonly socketId: string
  /** As the client receives it; `null` where the protocol has no code. */
  readonly code: number | null
  /** As the client receives it. */
  readonly reason: string
}

/** An event was sent: by a backend's trigger, or by a client. */
export interface EventSent {
  readonly type: 'event'
  /** The channels that it was sent to, at least one. */
  readonly channels: readonly string[]
  /** The event's name. */
  readonly event: string
  /** The data as subscribers receive it: text, usually JSON. */
  readonly data: string
  /** Number of receiving connections, over all its channels. 0 without subscribers. */
  readonly receivers: number
  /** The sender of a client event. */
  readonly socketId?: string | undefined
  /** The connection that the backend excluded. */
  readonly except?: string | undefined
}

/** An HTTP request was handled. The `event`s that it sent come first. */
export interface RequestHandled {
  readonly type: 'request'
  /** The HTTP method. */
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** `undefined` where the path belongs to no protocol. */
  readonly protocol: TriggerProtocol | undefined
  /** The HTTP status. */
  readonly status: number
  /** From the request's head to the response, in milliseconds. */
  readonly ms: number
  /** The `error` of the response body, if the request failed. */
  readonly error?: string | undefined
  /** Cause and fix, where the service knows them. */
  readonly explanation?: Explanation | undefined
}

/** A webhook was sent to the app, or could not be sent. Each attempt is an entry. */
export interface WebhookSent {
  readonly type: 'webhook'
  /** The same for all attempts. */
  readonly id: string
  /** Without its query. */
  readonly url: string
  /** At least one. */
  readonly events: readonly WebhookEvent[]
  /** From 1. */
  readonly attempt: number
  /** The HTTP status; `undefined` without a response. */
  readonly status?: number | undefined
  /** The first 2000 characters of the response body. */
  readonly response?: string | undefined
  /** Why there was no response, such as `ECONNREFUSED`. */
  readonly error?: string | undefined
  /** From the request to the response, in milliseconds. */
  readonly ms: number
  /** Milliseconds until the next attempt; `undefined` if there is none. */
  readonly retryMs?: number | undefined
}

/** The app's own auth endpoint has decided, or the app has no such route. Reported by apps in development. */
export interface DecisionMade {
  readonly type: 'decision'
  /** Kind of the request. */
  readonly request: 'subscribe' | 'signin'
  /** `failed`: a callback of the app threw, and nothing was signed. */
  readonly outcome: 'granted' | 'refused' | 'failed'
  /** The connection; `undefined` if it is malformed. */
  readonly socketId: string | undefined
  /** `undefined` if it is malformed, and for a sign-in. */
  readonly channel: string | undefined
  /** The HTTP status; `undefined` for `failed`, where the framework's error handler responds. */
  readonly status: number | undefined
  /**
   * Why it was refused: `no_user`, `denied`, `method`, `content_type`, `body`, `malformed`, `rate_limit`,
   * `disabled` or `not_found`.
   */
  readonly reason: string | undefined
  /** The rule of `channelRules` that decided; `null` if none matches; `undefined` without rules. */
  readonly rule: string | null | undefined
  /** Name and message of what a callback threw. */
  readonly error: string | undefined
  /** Whether the request had a cookie. */
  readonly hasCookie: boolean
  /** Whether the request had an Authorization header. */
  readonly hasAuthorization: boolean
  /** The origin of the page. */
  readonly origin: string | undefined
  /** Milliseconds that the endpoint took. */
  readonly ms: number
  /** Cause and fix, if it was refused or failed. */
  readonly explanation?: Explanation | undefined
}

/** The protocol that a path belongs to. */
export type TriggerProtocol = 'signed' | 'token' | 'pusher'

/** Why something was refused, for the developer. Clients never receive it. */
export interface Explanation {
  /** Cause and fix, in words. */
  readonly text: string
  /** If a signature is wrong: the exact string to sign. Text over 8192 characters is cut. */
  readonly stringToSign?: string | undefined
  /** The string that was signed instead, if it was found. */
  readonly signed?: string | undefined
}
