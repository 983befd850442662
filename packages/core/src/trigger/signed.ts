import type { Hmac } from '../sign/hmac.ts'
import { signSignedRequest } from '../sign/request.ts'
import { jsonHeaders, type WireProtocol } from './protocol.ts'

/** `POST {endpoint}/apps/{appKey}/trigger`, signed in its headers. A token, if there is one, goes along. */
export function signedProtocol(basePath: string, appKey: string, hmac: Hmac, token: string | undefined): WireProtocol {
  const path = `${basePath}/apps/${appKey}/trigger`
  const constant = { ...jsonHeaders, 'x-app-key': appKey, ...(token !== undefined && { token }) }
  return {
    name: 'signed',
    channelsPerRequest: 1,
    excludesSocket: false,
    request({ channels, event, data }, now) {
      // Exactly these keys in exactly this order, as the protocol demands.
      const body = `{"channel":"${channels[0]}","event":${JSON.stringify(event)},"data":${data}}`
      const signature = signSignedRequest(hmac, path, now, body)
      return { path, body, headers: { ...constant, 'x-timestamp': String(now), 'x-signature': signature } }
    },
  }
}
