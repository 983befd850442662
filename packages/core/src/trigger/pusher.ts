import type { Hmac } from '../sign/hmac.ts'
import { signedPusherQuery } from '../sign/request.ts'
import { idHeader, jsonType, type OutgoingEvent, type WireProtocol, type WireRequest } from './protocol.ts'

/**
 * The Pusher HTTP API, signed in its query: `POST /apps/{appId}/events` with up to 100 channels, and
 * `POST /apps/{appId}/batch_events` with up to 10 events.
 */
export function pusherProtocol(api: PusherApi): WireProtocol {
  return {
    name: 'pusher',
    channelsPerRequest: 100,
    excludesSocket: true,
    request: (event, now) =>
      api.request('POST', '/events', now, { body: JSON.stringify(onWire(event)), headers: { [idHeader]: event.id } }),
    batch: (events, now) =>
      api.request('POST', '/batch_events', now, {
        body: JSON.stringify({
          batch: events.map(({ channels: [channel], ...event }) => ({ channel, ...onWire(event) })),
        }),
        headers: { [idHeader]: events.map(({ id }) => id).join(', ') },
      }),
  }
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
