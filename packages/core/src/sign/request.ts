import { createHash } from 'node:crypto'
import type { Hmac } from './hmac.ts'

/** `X-Signature` of the signed protocol: the method, the full request path, Unix seconds and the exact body. */
export function signSignedRequest(hmac: Hmac, path: string, timestamp: number, body: string): string {
  return hmac(`POST\n${path}\n${timestamp}\n${body}`)
}

/**
 * The query of a Pusher HTTP API request with its `auth_signature`. The names are written in the sorted order that
 * the signature demands. `authKey` comes from an alphabet that a query does not escape.
 * @see https://pusher.com/docs/channels/library_auth_reference/rest-api/#authentication
 */
export function signedPusherQuery(hmac: Hmac, authKey: string, path: string, timestamp: number, body: string): string {
  const md5 = createHash('md5').update(body, 'utf8').digest('hex')
  const query = `auth_key=${authKey}&auth_timestamp=${timestamp}&auth_version=1.0&body_md5=${md5}`
  return `${query}&auth_signature=${hmac(`POST\n${path}\n${query}`)}`
}
