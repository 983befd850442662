import { hash } from 'node:crypto'
import type { Hmac } from './hmac.ts'

const blockBytes = 64
const digestBytes = 32
/** Room for the longest text that a channel without user data signs, and for most with. */
const roomBytes = 1024

/**
 * Takes in the secret, as the two padded keys of RFC 2104, section 2, and keeps nothing else of it. A signature is then
 * two of Node's one-shot hashes: half the time of a `Hmac` object, and nothing for the garbage collector to finalize.
 */
export function hmacSha256(secret: string | Uint8Array): Hmac {
  // Not Buffer.from and not Buffer.concat: their memory is a pool that every other small buffer of the process shares.
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  const key = bytes.byteLength > blockBytes ? hash('sha256', bytes, 'buffer') : bytes
  const inner = Buffer.alloc(blockBytes + roomBytes, 0x36)
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c)
  for (const [index, byte] of key.entries()) {
    inner[index] = 0x36 ^ byte
    outer[index] = 0x5c ^ byte
  }
  const innerKey = inner.subarray(0, blockBytes)
  // A view of each length in use: to make one costs a tenth of the signature.
  const views: Buffer[] = []
  const innerOf = (bytes: number) => {
    views[bytes] ??= inner.subarray(0, blockBytes + bytes)
    return views[bytes]
  }

  return (message) => {
    // Both buffers are used again by the next call: nothing here can be interrupted. A character is 3 bytes at the most.
    const padded =
      typeof message === 'string' && message.length * 3 <= roomBytes
        ? innerOf(inner.write(message, blockBytes, 'utf8'))
        : long(innerKey, message)
    outer.write(hash('sha256', padded, 'binary'), blockBytes, 'binary')
    return hash('sha256', outer, 'hex')
  }
}

function long(innerKey: Buffer, message: string | Uint8Array): Buffer {
  const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message
  const padded = Buffer.alloc(blockBytes + bytes.byteLength)
  padded.set(innerKey)
  padded.set(bytes, blockBytes)
  return padded
}
