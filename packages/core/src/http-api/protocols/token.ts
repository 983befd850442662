import { idHeader, jsonType, type WireProtocol } from './protocol.ts'

/** `POST {endpoint}/trigger`, the older HTTP API: it requires only a static token. */
export function tokenProtocol(basePath: string, appId: string, token: string): WireProtocol {
  const path = `${basePath}/trigger`
  return {
    name: 'token',
    channelsPerRequest: 1,
    api: undefined,
    batch: undefined,
    request: ({ channels, event, data, id }) => ({
      method: 'POST',
      path,
      headers: { 'content-type': jsonType, token, [idHeader]: id },
      body: `{"appId":"${appId}","channel":"${channels[0]}","event":${JSON.stringify(event)},"data":${data}}`,
      signature: undefined,
    }),
  }
}
