import type { Hmac } from '../../crypto/node.ts'
import { signSignedRequest } from '../../signing/api-request.ts'
import { idHeader, jsonType, type WireProtocol } from './protocol.ts'

/** `POST {endpoint}/apps/{appKey}/trigger`, signed in its headers. A token, if there is one, is sent along. */
export function signedProtocol(basePath: string, appKey: string, hmac: Hmac, token: string | undefined): WireProtocol {
  const path = `${basePath}/apps/${appKey}/trigger`
  return {
    name: 'signed',
    channelsPerRequest: 1,
    api: undefined,
    batch: undefined,
    request({ channels, event, data, id }, now) {
      // The protocol requires exactly these keys in exactly this order.
      const body = `{"channel":"${channels[0]}","event":${JSON.stringify(event)},"data":${data}}`
      const signature = signSignedRequest(hmac, path, now, body)
      const headers: Record<string, string> = {
        'content-type': jsonType,
        'x-app-key': appKey,
        [idHeader]: id,
        'x-timestamp': String(now),
        'x-signature': signature,
      }
      if (token !== undefined) headers.token = token
      return { method: 'POST', path, headers, body, signature }
    },
  }
}
