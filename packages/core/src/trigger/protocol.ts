/** How a trigger reaches the service: see {@link PingerchipsServerOptions.protocol}. */
export type ProtocolName = 'signed' | 'token' | 'pusher'

/** An event that was checked and whose data was written as JSON, once. */
export interface OutgoingEvent {
  readonly channels: readonly string[]
  readonly event: string
  /** The data as JSON text. */
  readonly data: string
  /** The connection that does not get it. */
  readonly socketId: string | undefined
}

/** What a wire protocol makes of an event: everything of the request but its origin. */
export interface TriggerRequest {
  /** The request path with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A way to write a trigger on the wire. Each has a file of its own beside this one. */
export interface WireProtocol {
  readonly name: ProtocolName
  /** How many channels one request can name. */
  readonly channelsPerRequest: number
  /** Whether a request can leave one connection out. */
  readonly excludesSocket: boolean
  /**
   * Writes and signs one request. Called anew for each attempt, since the time is part of what is signed.
   * @param now Unix time in whole seconds
   */
  request(event: OutgoingEvent, now: number): TriggerRequest
}

export const jsonHeaders: Readonly<Record<string, string>> = { 'content-type': 'application/json' }
