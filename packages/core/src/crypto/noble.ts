import { hmac } from '@noble/hashes/hmac.js'
import { md5 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Hmac } from './hmac.ts'
import type * as native from './node.ts'

const encoder = new TextEncoder()

/** Takes in the secret, as the hash's state after each of the two padded keys of RFC 2104, section 2. */
export const hmacSha256: typeof native.hmacSha256 = (secret): Hmac => {
  const keyed = hmac.create(nobleSha256, toBytes(secret))
  return (message) => bytesToHex(keyed.clone().update(toBytes(message)).digest())
}

export const sha256: typeof native.sha256 = (bytes) => nobleSha256(bytes)

export const sha256Hex: typeof native.sha256Hex = (text) => bytesToHex(nobleSha256(encoder.encode(text)))

export const md5Hex: typeof native.md5Hex = (text) => bytesToHex(md5(encoder.encode(text)))

export const equalBytes: typeof native.equalBytes = (one, other) => {
  let difference = one.byteLength ^ other.byteLength
  // Every byte is looked at, whatever came before it.
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0)
  return difference === 0
}

export const toBase64: typeof native.toBase64 = (bytes) => {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

export const fromBase64: typeof native.fromBase64 = (text) =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? encoder.encode(text) : text
}
