import type { PusherApi } from '../api/pusher-api.ts'
import type { ChannelKeys } from '../encrypt/channel-keys.ts'
import { sealed } from '../encrypt/seal.ts'
import { idHeader, type OutgoingEvent, type WireProtocol } from './protocol.ts'

/**
 * The Pusher HTTP API, signed in its query: `POST /apps/{appId}/events` with up to 100 channels, and
 * `POST /apps/{appId}/batch_events` with up to 10 events. Data for encrypted channels is sealed.
 */
export function pusherProtocol(api: PusherApi, channelKeys: ChannelKeys): WireProtocol {
  return {
    name: 'pusher',
    channelsPerRequest: 100,
    api,
    request(event, now) {
      const write = (event: OutgoingEvent) =>
        api.request('POST', '/events', now, { body: JSON.stringify(alone(event)), headers: { [idHeader]: event.id } })
      return event.isEncrypted ? sealed(event, channelKeys).then(write) : write(event)
    },
    batch(events, now) {
      const write = (events: readonly OutgoingEvent[]) =>
        api.request('POST', '/batch_events', now, {
          body: JSON.stringify({ batch: events.map(inBatch) }),
          headers: { [idHeader]: events.map(({ id }) => id).join(', ') },
        })
      if (!events.some(({ isEncrypted }) => isEncrypted)) return write(events)
      return Promise.all(events.map((event) => (event.isEncrypted ? sealed(event, channelKeys) : event))).then(write)
    },
  }
}

/** This API carries the data as JSON text inside a string. What is `undefined` is not written. */
function alone({ channels, event, data, socketId }: OutgoingEvent) {
  return { name: event, channels, data, socket_id: socketId }
}

function inBatch({ channels: [channel], event, data, socketId }: OutgoingEvent) {
  return { channel, name: event, data, socket_id: socketId }
}
