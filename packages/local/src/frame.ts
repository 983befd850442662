/**
 * One event as the text of a WebSocket frame. It is written once and the same text goes to every subscriber.
 * @param dataText the data as JSON text; what a backend or this service sends is the JSON of a string
 * @param userId on a presence channel: the member that sent a client event
 */
export function channelFrame(event: string, channel: string, dataText: string, userId?: string): string {
  const from = userId === undefined ? '' : `,"user_id":${JSON.stringify(userId)}`
  return `{"event":${JSON.stringify(event)},"channel":${JSON.stringify(channel)},"data":${dataText}${from}}`
}

/**
 * An event of the service to one connection. The data travels as JSON in a string: the protocol's "double encoding",
 * https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/#double-encoding
 */
export function serviceFrame(event: string, data: object): string {
  return JSON.stringify({ event, data: JSON.stringify(data) })
}

/** Users who are there now, or are not. */
export interface StatusChange {
  readonly name: 'online' | 'offline'
  readonly user_ids: readonly string[]
}

/** `pusher_internal:watchlist_events` */
export function watchlistFrame(events: readonly StatusChange[]): string {
  return serviceFrame('pusher_internal:watchlist_events', { events })
}

/** `pusher:error`. The protocol gives most errors of an open connection no code: those carry null, as Pusher's do. */
export function errorFrame(message: string, code: number | null): string {
  return JSON.stringify({ event: 'pusher:error', data: { code, message } })
}
