import type { Hmac } from './hmac.ts'
import { hmacSha256 as native } from './hmac-native.ts'
import { hmacSha256 as scripted } from './hmac-script.ts'

export { equalBytes, fromBase64, md5Hex, sha256, sha256Hex, toBase64 } from './node.ts'

/** Characters or bytes from which on the native hash is quicker. */
const longMessage = 256

/** Takes in the secret twice: for short messages, and for long ones. */
export function hmacSha256(secret: string | Uint8Array): Hmac {
  const short = scripted(secret)
  const long = native(secret)
  return (message) => (message.length < longMessage ? short(message) : long(message))
}
