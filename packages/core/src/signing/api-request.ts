import { md5Hex } from '#primitives'
import type { Hmac } from '../crypto/node.ts'

/** `X-Signature` of the signed protocol: the method, the full request path, Unix seconds and the exact body. */
export function signSignedRequest(hmac: Hmac, path: string, timestamp: number, body: string): string {
  return hmac(`POST\n${path}\n${timestamp}\n${body}`)
}

/**
 * The query of a Pusher HTTP API request with its `auth_signature`. What is signed is the sorted query with its values as
 * they are read; what is sent has them escaped. `authKey` comes from an alphabet that a query does not escape.
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
