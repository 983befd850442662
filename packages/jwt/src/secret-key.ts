import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describeType, invalidArgument } from '@pingerchips/core/adapter'
import { algorithm, type JwtAlgorithm } from './algorithms.ts'

/**
 * Copies a shared secret, so that later changes of the bytes have no effect.
 * @throws {TypeError} naming `options.secret`
 */
export function toSecretKey(value: unknown, algorithms: readonly JwtAlgorithm[], allowShort: boolean): Uint8Array {
  const argument = 'options.secret'
  const bytes = toBytes(value, argument)
  for (const name of algorithms) {
    const min = allowShort ? 1 : (algorithm(name).bytes ?? 1)
    if (bytes.length < min)
      throw invalidArgument(
        argument,
        `must have at least ${min} bytes for ${name} (RFC 7518, section 3.2; received ${bytes.length}).`,
      )
  }
  return bytes
}

/**
 * Copies the key of encrypted tokens.
 * @throws {TypeError} naming `options.encryptionKey`
 */
export function toEncryptionKey(value: unknown, algorithms: readonly JwtAlgorithm[]): Uint8Array {
  const argument = 'options.encryptionKey'
  if (!(value instanceof Uint8Array))
    throw invalidArgument(argument, `must be a Uint8Array (received ${describeType(value)}).`)
  for (const name of algorithms) {
    const { bytes } = algorithm(name)
    if (value.length !== bytes)
      throw invalidArgument(argument, `must have ${bytes} bytes for ${name} (received ${value.length}).`)
  }
  return Uint8Array.from(value)
}

/**
 * The bytes of a secret. A public key or certificate is refused in every common encoding: with the public key as HMAC
 * secret, everyone can sign (RFC 8725, section 2.1).
 * @throws {TypeError} naming the argument
 */
export function toBytes(value: unknown, argument: string): Uint8Array {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw invalidArgument(argument, `must be a string or a Uint8Array (received ${describeType(value)}).`)
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value)
  const found = keyMaterialIn(bytes)
  if (found !== undefined)
    throw invalidArgument(
      argument,
      `must be a shared secret (received ${found}). With a public key as secret, everyone can sign tokens. Use options.publicKey.`,
    )
  return bytes
}

/** Returns what asymmetric key or certificate the bytes are, if they are one. */
function keyMaterialIn(secret: Uint8Array): string | undefined {
  for (const bytes of decodings(secret)) {
    const text = textOf(bytes)
    if (/-----\s*BEGIN|---- BEGIN SSH2/i.test(text)) return 'PEM'
    // As text, or decoded: there a length comes before the name.
    if (/^\s*(?:sk-)?(?:ssh|ecdsa)-\S+\s+AAAA|^.(?:sk-)?(?:ssh-|ecdsa-sha2-)/.test(text)) return 'an OpenSSH key'
    const plain = unescaped(text)
    // Also with dashes that an editor has replaced, or none.
    if (/BEGIN[^a-z]*(?:PUBLIC|PRIVATE)[^a-z]*KEY|BEGIN[^a-z]*CERTIFICATE/i.test(plain)) return 'PEM'
    // As JSON in any number of strings, YAML or XML. `oct` is a secret itself.
    if (/kty[^a-z]{1,3}(?:RSA|EC|OKP|AKP)/i.test(plain)) return 'a JSON Web Key'
    if (/<Modulus>/i.test(plain)) return 'an XML key'
    if (isDer(Buffer.from(bytes))) return 'a DER key or certificate'
    if (isEcPoint(bytes)) return 'an EC point'
  }
  return undefined
}

/**
 * The bytes themselves, and what they have in base64, base64url and hex, with or without line breaks: alone, behind a
 * prefix such as `base64:`, or in a list. Twice, since secrets of Kubernetes are encoded once more.
 */
function* decodings(secret: Uint8Array, depth = 2): Generator<Uint8Array> {
  yield secret
  if (depth === 0) return
  const text = unescaped(textOf(secret))
  const hex = text.replace(/^0x/i, '').replaceAll(':', '')
  if (/^(?:[0-9a-f]{2})+$/i.test(hex)) yield* decodings(Buffer.from(hex, 'hex'), depth - 1)
  for (const [run] of text.matchAll(/[\w+/-]{40,}/g)) yield* decodings(Buffer.from(run, 'base64'), depth - 1)
}

/** Without NUL characters, which UTF-16 puts between the others. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
}

/** Without percent-encoding, escaped line breaks, quotes, backslashes, blanks and characters that are not ASCII. */
function unescaped(text: string): string {
  return text
    .replaceAll(/%([0-9a-f]{2})/gi, (_escape, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\+[rnt]|[^!-~]|["'`\\]/g, '')
}

/**
 * Whether the bytes are a key or a certificate, or begin with a sequence of 128 bytes or more that ends within 8 bytes of
 * their end: a certificate request, PKCS #7 or #12, an encrypted key. Of 2³² random secrets, fewer than one has this form.
 */
function isDer(bytes: Buffer): boolean {
  if (derReaders.some((reader) => succeeds(() => reader(bytes)))) return true
  if (bytes.length < 128 || bytes[0] !== 0x30) return false
  const [size, header] =
    bytes[1] === 0x82 ? [bytes.readUInt16BE(2), 4] : bytes[1] === 0x81 ? [bytes.readUInt8(2), 3] : [0, 0]
  const rest = bytes.length - header - size
  return size >= 128 && rest >= 0 && rest <= 8
}

const derReaders: readonly ((key: Buffer) => unknown)[] = [
  (key) => createPublicKey({ key, format: 'der', type: 'spki' }),
  (key) => createPublicKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'sec1' }),
  (key) => new X509Certificate(key),
]

/** An uncompressed point (SEC 1, section 2.3.3). */
function isEcPoint(bytes: Uint8Array): boolean {
  const crv = { 65: 'P-256', 97: 'P-384', 133: 'P-521' }[bytes.length]
  if (crv === undefined || bytes[0] !== 4) return false
  const half = (bytes.length + 1) / 2
  const [x = '', y = ''] = [bytes.slice(1, half), bytes.slice(half)].map((part) =>
    Buffer.from(part).toString('base64url'),
  )
  return succeeds(() => createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' }))
}

function succeeds(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}
