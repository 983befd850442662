import type { Hmac } from '../../crypto/node.ts'
import { signedPusherQuery } from '../../signing/api-request.ts'
import { type ChannelKeys, sealed } from '../../signing/encrypted-channels.ts'
import { idHeader, jsonType, type OutgoingEvent, type WireProtocol, type WireRequest } from './protocol.ts'

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

interface RequestParts {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters, as they are to be read. */
  readonly query?: Readonly<Record<string, string>>
}

/** Writes and signs requests to the Pusher HTTP API of one app. */
export class PusherApi {
  readonly #base: string
  readonly #appKey: string
  readonly #hmac: Hmac

  constructor(basePath: string, appId: string, appKey: string, hmac: Hmac) {
    this.#base = `${basePath}/apps/${appId}`
    this.#appKey = appKey
    this.#hmac = hmac
  }

  /** @param path below the app's own */
  request(method: 'GET' | 'POST', path: string, now: number, { body, headers, query }: RequestParts = {}): WireRequest {
    const signed = signedPusherQuery(this.#hmac, this.#appKey, method, this.#base + path, now, body, query)
    return {
      method,
      path: `${this.#base}${path}?${signed}`,
      headers: body === undefined ? {} : { 'content-type': jsonType, ...headers },
      body,
    }
  }
}
