import { hash, timingSafeEqual } from 'node:crypto'

// What signing, hashing and sealing are made of, all of it synchronous. Which file a runtime gets is chosen by
// `#primitives` in the `imports` of package.json: node.ts on Node, Bun and Deno, this one on Workers, where each byte of code
// counts, noble.ts where there is no node:crypto.

export { hmacSha256 } from './hmac-native.ts'

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** Of UTF-8, as lower-case hex. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Of UTF-8, as lower-case hex: the Pusher HTTP API has a checksum of that kind in its signed query. */
export function md5Hex(text: string): string {
  return hash('md5', text, 'hex')
}

/** Compares without telling by its time where they differ. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other)
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** @param text base64 with its padding, which the caller has looked at */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
