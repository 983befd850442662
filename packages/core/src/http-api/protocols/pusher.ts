import type { Hmac } from '../../crypto/node.ts'
import { signedPusherQuery } from '../../signing/api-request.ts'
import { type ChannelKeys, sealed } from '../../signing/encrypted-channels.ts'
import { infoParameter } from '../counts.ts'
import {
  type ApiRequestParts,
  type ApiRequestWriter,
  idHeader,
  jsonType,
  type OutgoingEvent,
  type WireProtocol,
  type WireRequest,
} from './protocol.ts'

/**
 * The Pusher HTTP API, signed in its query: `POST /apps/{appId}/events` with up to 100 channels, and
 * `POST /apps/{appId}/batch_events` with up to 10 events. Data for encrypted channels is encrypted.
 * @see https://pusher.com/docs/channels/library_auth_reference/rest-api/
 */
export function pusherProtocol(
  basePath: string,
  appId: string,
  appKey: string,
  hmac: Hmac,
  channelKeys: ChannelKeys,
): WireProtocol {
  const api = new PusherApi(`${basePath}/apps/${appId}`, appKey, hmac)
  return {
    name: 'pusher',
    channelsPerRequest: 100,
    api,
    request(event, now) {
      const write = (event: OutgoingEvent) =>
        api.request('POST', '/events', now, { body: JSON.stringify(single(event)), headers: { [idHeader]: event.id } })
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

/** This API carries the data as JSON text in a string. `JSON.stringify` omits what is `undefined`. */
function single({ channels, event, data, socketId, info }: OutgoingEvent) {
  return { name: event, channels, data, socket_id: socketId, info: infoParameter(info) }
}

function inBatch({ channels: [channel], event, data, socketId, info }: OutgoingEvent) {
  return { channel, name: event, data, socket_id: socketId, info: infoParameter(info) }
}

class PusherApi implements ApiRequestWriter {
  readonly #base: string
  readonly #appKey: string
  readonly #hmac: Hmac

  constructor(base: string, appKey: string, hmac: Hmac) {
    this.#base = base
    this.#appKey = appKey
    this.#hmac = hmac
  }

  request(method: 'GET' | 'POST', path: string, now: number, parts: ApiRequestParts = {}): WireRequest {
    const { body, headers, query } = parts
    const signed = signedPusherQuery(this.#hmac, this.#appKey, method, this.#base + path, now, body, query)
    return {
      method,
      path: `${this.#base}${path}?${signed}`,
      headers: body === undefined ? {} : { 'content-type': jsonType, ...headers },
      body,
      signature: signed.slice(signed.lastIndexOf('=') + 1),
    }
  }
}
