import { md5Hex } from '#primitives'
import type { Hmac } from '../crypto/node.ts'

/** The `X-Signature` of the signed protocol: of the method, the full path, Unix seconds and the exact body. */
export function signSignedRequest(hmac: Hmac, path: string, timestamp: number, body: string): string {
  return hmac(`POST\n${path}\n${timestamp}\n${body}`)
}

/**
 * The signed query of a request to the Pusher HTTP API. The signature is of the sorted query with unescaped values; the
 * query that is sent has them escaped. The alphabet of `authKey` needs no escaping.
 * @see https://pusher.com/docs/channels/library_auth_reference/rest-api/#authentication
 */
export function signedPusherQuery(
  hmac: Hmac,
  authKey: string,
  method: string,
  path: string,
  timestamp: number,
  body: string | undefined,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const values: Readonly<Record<string, string>> = {
    ...parameters,
    auth_key: authKey,
    auth_timestamp: String(timestamp),
    auth_version: '1.0',
    ...(body !== undefined && { body_md5: md5Hex(body) }),
  }
  // By code units, as the service sorts them. The service lower-cases names before it signs: these are lower case.
  const names = Object.keys(values).sort()
  const query = (write: (value: string) => string) =>
    names.map((name) => `${name}=${write(values[name] ?? '')}`).join('&')
  const signature = hmac(`${method}\n${path}\n${query((value) => value)}`)
  return `${query(encodeURIComponent)}&auth_signature=${signature}`
}
