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
    if (isJwk(text)) return 'a JSON Web Key'
    if (derReaders.some((reader) => succeeds(() => reader(Buffer.from(bytes))))) return 'a DER key or certificate'
    if (isEcPoint(bytes)) return 'an EC point'
  }
  return undefined
}

/** The bytes themselves, and decoded from base64, base64url and hex, with or without line breaks. */
function* decodings(secret: Uint8Array): Generator<Uint8Array> {
  yield secret
  const text = textOf(secret).replaceAll(/\\r|\\n|["'\s]/g, '')
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) yield Buffer.from(text, 'hex')
  if (/^[\w+/-]+=*$/.test(text)) yield Buffer.from(text, 'base64')
}

/** Without NUL characters, which UTF-16 puts between the others. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
}

const derReaders: readonly ((key: Buffer) => unknown)[] = [
  (key) => createPublicKey({ key, format: 'der', type: 'spki' }),
  (key) => createPublicKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'sec1' }),
  (key) => new X509Certificate(key),
]

/** A JWK, or a set with one, that is no secret itself (`oct`). */
function isJwk(text: string): boolean {
  return /"kty"\s*:\s*"(?!oct")/.test(text)
}

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
