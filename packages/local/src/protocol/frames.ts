/**
 * Serializes one event of a channel. The text is written once and sent to every subscriber.
 * @param dataText the data as JSON text; for events of a backend or of the service it is the JSON of a string
 * @param userId on a presence channel: the member that sent a client event
 */
export function channelFrame(event: string, channel: string, dataText: string, userId?: string): string {
  const from = userId === undefined ? '' : `,"user_id":${JSON.stringify(userId)}`
  return `{"event":${JSON.stringify(event)},"channel":${JSON.stringify(channel)},"data":${dataText}${from}}`
}

/** Serializes an event of the service about a channel, such as `pusher_internal:member_added`. */
export function internalFrame(event: string, channel: string, dataText: string): string {
  return channelFrame(`pusher_internal:${event}`, channel, JSON.stringify(dataText))
}

/**
 * Serializes an event of the service to one connection. The data is JSON in a string ("double encoding"):
 * https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/#double-encoding
 */
export function serviceFrame(event: string, data: object): string {
  return JSON.stringify({ event, data: JSON.stringify(data) })
}

/** Serializes `pusher:cache_miss`: a cache channel has no event yet. */
export function cacheMissFrame(channel: string): string {
  return JSON.stringify({ event: 'pusher:cache_miss', channel })
}

/** Users who are online now, or offline now. */
export interface StatusChange {
  readonly name: 'online' | 'offline'
  readonly user_ids: readonly string[]
}

/** Serializes `pusher_internal:watchlist_events`. */
export function watchlistFrame(events: readonly StatusChange[]): string {
  return serviceFrame('pusher_internal:watchlist_events', { events })
}

/** Serializes `pusher:error`. Most errors of an open connection have no code in the protocol: theirs is `null`. */
export function errorFrame(message: string, code: number | null): string {
  return JSON.stringify({ event: 'pusher:error', data: { code, message } })
}
