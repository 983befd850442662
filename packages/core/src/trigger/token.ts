import { jsonHeaders, type WireProtocol } from './protocol.ts'

/** `POST {endpoint}/trigger`, the older HTTP API: a static token is all that it asks for. */
export function tokenProtocol(basePath: string, appId: string, token: string): WireProtocol {
  const path = `${basePath}/trigger`
  const headers = { ...jsonHeaders, token }
  return {
    name: 'token',
    channelsPerRequest: 1,
    excludesSocket: false,
    request: ({ channels, event, data }) => ({
      path,
      headers,
      body: `{"appId":"${appId}","channel":"${channels[0]}","event":${JSON.stringify(event)},"data":${data}}`,
    }),
  }
}
