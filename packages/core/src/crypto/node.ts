import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto'

// The cryptographic primitives, all of them synchronous. `#primitives` in the `imports` of package.json selects the file
// by runtime: this one where there is a `node:crypto`, noble.ts elsewhere.

/** HMAC-SHA256 (RFC 2104) with one fixed key, of bytes or of UTF-8 text, as 64 lower-case hex digits. */
export type Hmac = (message: string | Uint8Array) => string

/**
 * Keeps the secret as a `KeyObject`, outside of the JavaScript heap.
 *
 * Two calls of the one-shot `hash()` over padded keys of our own take 0.8 µs where this takes 1.7 µs. A whole auth request
 * over HTTP takes 90 µs of CPU on the same machine: 1% does not pay for 40 lines that handle the secret.
 */
export function hmacSha256(secret: string | Uint8Array): Hmac {
  // A TextEncoder, since Buffer.from would leave the secret in the pool that all small buffers of the process share.
  const key = createSecretKey(typeof secret === 'string' ? new TextEncoder().encode(secret) : secret)
  return (message) => createHmac('sha256', key).update(message).digest('hex')
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** Of UTF-8 text, as lower-case hex: the `body_md5` of the Pusher HTTP API. */
export function md5Hex(text: string): string {
  return hash('md5', text, 'hex')
}

/** Hash algorithms of every supported runtime. */
export type HashAlgorithm = 'sha256' | 'md5' | 'sha1' | 'sha384' | 'sha512'

/** Of UTF-8 text, as lower-case hex. */
export async function hashHex(algorithm: HashAlgorithm, text: string): Promise<string> {
  return hash(algorithm, text, 'hex')
}

/** Compares in a time that depends on the lengths alone. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other)
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** @param text base64 with its padding, already validated */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
