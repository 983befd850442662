import type { PusherApi } from '../api/pusher-api.ts'
import type { ChannelKeys } from '../encrypt/channel-keys.ts'
import { sealed } from '../encrypt/seal.ts'
import { channelKind } from '../names.ts'
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
        api.request('POST', '/events', now, { body: JSON.stringify(onWire(event)), headers: { [idHeader]: event.id } })
      return isForEncrypted(event) ? sealed(event, channelKeys).then(write) : write(event)
    },
    batch(events, now) {
      const write = (events: readonly OutgoingEvent[]) =>
        api.request('POST', '/batch_events', now, {
          body: JSON.stringify({
            batch: events.map(({ channels: [channel], ...event }) => ({ channel, ...onWire(event) })),
          }),
          headers: { [idHeader]: events.map(({ id }) => id).join(', ') },
        })
      if (!events.some(isForEncrypted)) return write(events)
      return Promise.all(events.map((event) => (isForEncrypted(event) ? sealed(event, channelKeys) : event))).then(
        write,
      )
    },
  }
}

/** An event that has several channels has none that is encrypted. */
function isForEncrypted({ channels: [channel = ''] }: OutgoingEvent): boolean {
  return channelKind(channel) === 'encrypted'
}

/** This API carries the data as JSON text inside a string. */
function onWire({
  channels,
  event,
  data,
  socketId,
}: Omit<OutgoingEvent, 'channels' | 'id'> & { channels?: readonly string[] }) {
  return { name: event, ...(channels && { channels }), data, ...(socketId !== undefined && { socket_id: socketId }) }
}
