import type { Hmac } from './hmac.ts'

// What a channel asks to sign is some thirty characters. The way to a native hash of so little costs more than the hash, and a
// native one hashes the padded key anew each time. Here it is hashed once, and a signature is half of a native one's time.

const blockBytes = 64

const primes: number[] = []
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)

/** FIPS 180-4, section 5.3.3: 32 bits of each root behind the point; those in front of it an Int32Array drops. */
const initial: Int32Array = Int32Array.from(primes, (prime) => Math.sqrt(prime) * 2 ** 32)

/** FIPS 180-4, section 4.2.2. */
const constants: Int32Array = Int32Array.from(primes, (prime) => Math.cbrt(prime) * 2 ** 32)

const encoder = new TextEncoder()
const hexDigits: Uint8Array = encoder.encode('0123456789abcdef')

// One hash is made at a time, from its first byte to its last: all of them share their working memory. `as number`, here and
// below: to the compiler any index may be beyond the end, and none is.
const words = new Int32Array(64)
const state = new Int32Array(8)
/** Room for the longest text that a channel without user data signs, for most with, and for what pads them. */
const room = new Uint8Array(6 * blockBytes)

/**
 * Takes in the secret, as SHA-256's state after each of the two padded keys of RFC 2104, section 2, and keeps nothing else
 * of it. No step depends on a secret's or a message's bytes but by arithmetic: the time tells nothing of them.
 */
export function hmacSha256(secret: string | Uint8Array): Hmac {
  const given = typeof secret === 'string' ? encoder.encode(secret) : secret
  const key = given.byteLength > blockBytes ? digest(given) : given
  const inner = paddedKey(key, 0x36)
  const outer = paddedKey(key, 0x5c)
  return (message) => {
    hashFrom(inner, message)
    for (let i = 0; i < 8; i++) words[i] = state[i] as number
    words[8] = 0x80000000
    for (let i = 9; i < 15; i++) words[i] = 0
    words[15] = (blockBytes + 32) * 8
    compress(outer)
    let hex = ''
    for (let i = 0; i < 8; i++) hex += hexOf(state[i] as number)
    return hex
  }
}

/** All the digits of a word at once: a string pieced together is put in order when it is sent, which takes longer. */
function hexOf(word: number): string {
  return String.fromCharCode(
    hexDigits[word >>> 28] as number,
    hexDigits[(word >>> 24) & 15] as number,
    hexDigits[(word >>> 20) & 15] as number,
    hexDigits[(word >>> 16) & 15] as number,
    hexDigits[(word >>> 12) & 15] as number,
    hexDigits[(word >>> 8) & 15] as number,
    hexDigits[(word >>> 4) & 15] as number,
    hexDigits[word & 15] as number,
  )
}

function digest(bytes: Uint8Array): Uint8Array {
  hashFrom(initial, bytes, 0)
  const hashed = new DataView(new ArrayBuffer(32))
  for (const [i, word] of state.entries()) hashed.setInt32(4 * i, word)
  return new Uint8Array(hashed.buffer)
}

/** The state after the block of a padded key. */
function paddedKey(key: Uint8Array, pad: number): Int32Array {
  const block = new Uint8Array(blockBytes).fill(pad)
  for (const [i, byte] of key.entries()) block[i] = pad ^ byte
  readBlock(block, 0)
  compress(initial)
  words.fill(0)
  return state.slice()
}

/** Goes on from a state, before which there were `hashed` bytes, to the end of a message of less than 256 MiB. */
function hashFrom(from: Int32Array, message: string | Uint8Array, hashed: number = blockBytes): void {
  let bytes = room
  let length = message.length
  if (typeof message !== 'string' || length > room.length - 9 || !putAscii(message)) {
    const given = typeof message === 'string' ? encoder.encode(message) : message
    length = given.byteLength
    bytes = new Uint8Array(padded(length))
    bytes.set(given)
  }
  const end = padded(length)
  bytes[length] = 0x80
  for (let i = length + 1; i < end; i++) bytes[i] = 0
  let at = 0
  for (; at < end - blockBytes; at += blockBytes) {
    readBlock(bytes, at)
    compress(at === 0 ? from : state)
  }
  readBlock(bytes, at)
  words[15] = (hashed + length) * 8
  compress(at === 0 ? from : state)
}

/** The bytes of whole blocks that a message fills, with a bit behind it and its length in the last 8 bytes. */
function padded(length: number): number {
  return length + 8 - ((length + 8) % blockBytes) + blockBytes
}

/** Puts a text into the room, unless it needs more than a byte for a character. */
function putAscii(text: string): boolean {
  let all = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    room[i] = code
    all |= code
  }
  return all < 128
}

function readBlock(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4)
    words[i] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
}

/** FIPS 180-4, section 6.2.2: the state after the block in `words`. */
function compress(from: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15] as number
    const y = words[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    words[i] = ((words[i - 16] as number) + s0 + (words[i - 7] as number) + s1) | 0
  }
  const a0 = from[0] as number
  const b0 = from[1] as number
  const c0 = from[2] as number
  const d0 = from[3] as number
  const e0 = from[4] as number
  const f0 = from[5] as number
  const g0 = from[6] as number
  const h0 = from[7] as number
  let a = a0
  let b = b0
  let c = c0
  let d = d0
  let e = e0
  let f = f0
  let g = g0
  let h = h0
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (constants[i] as number) + (words[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = a0 + a
  state[1] = b0 + b
  state[2] = c0 + c
  state[3] = d0 + d
  state[4] = e0 + e
  state[5] = f0 + f
  state[6] = g0 + g
  state[7] = h0 + h
}
