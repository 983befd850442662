import { hmac } from '@noble/hashes/hmac.js'
import { md5 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type * as native from './node.ts'

const encoder = new TextEncoder()

/** Keeps the state of the hash after each of the two padded keys of RFC 2104, section 2, and not the secret. */
export const hmacSha256: typeof native.hmacSha256 = (secret) => {
  const keyed = hmac.create(nobleSha256, toBytes(secret))
  return (message) => bytesToHex(keyed.clone().update(toBytes(message)).digest())
}

export const sha256: typeof native.sha256 = (bytes) => nobleSha256(bytes)

export const md5Hex: typeof native.md5Hex = (text) => bytesToHex(md5(encoder.encode(text)))

const webCryptoNames = { sha256: 'SHA-256', sha1: 'SHA-1', sha384: 'SHA-384', sha512: 'SHA-512' } as const

// Web Crypto has no MD5; the others are not bundled for the sake of one function.
export const hashHex: typeof native.hashHex = async (algorithm, text) =>
  algorithm === 'md5'
    ? md5Hex(text)
    : bytesToHex(new Uint8Array(await crypto.subtle.digest(webCryptoNames[algorithm], encoder.encode(text))))

export const equalBytes: typeof native.equalBytes = (one, other) => {
  let difference = one.byteLength ^ other.byteLength
  // Every byte is compared, so that the time does not depend on the first difference.
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
