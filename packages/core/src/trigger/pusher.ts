import type { Hmac } from '../sign/hmac.ts'
import { signedPusherQuery } from '../sign/request.ts'
import { jsonHeaders, type WireProtocol } from './protocol.ts'

/** `POST /apps/{appId}/events`, the Pusher HTTP API: signed in its query, up to 100 channels in one request. */
export function pusherProtocol(basePath: string, appId: string, appKey: string, hmac: Hmac): WireProtocol {
  const path = `${basePath}/apps/${appId}/events`
  return {
    name: 'pusher',
    channelsPerRequest: 100,
    excludesSocket: true,
    request({ channels, event, data, socketId }, now) {
      // This API carries the data as JSON text inside a string.
      const body = JSON.stringify({
        name: event,
        channels,
        data,
        ...(socketId !== undefined && { socket_id: socketId }),
      })
      return { path: `${path}?${signedPusherQuery(hmac, appKey, path, now, body)}`, headers: jsonHeaders, body }
    },
  }
}
