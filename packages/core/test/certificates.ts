import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A key pair and its certificate, both as PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
  readonly name: string
  readonly privateKey: KeyObject
}

export interface IdentityOptions {
  /** Who signs it. Default: itself. */
  readonly issuer?: Identity
  /** Whether it may sign others. */
  readonly isCa?: boolean
  /** Days from now. Default: a day ago, and tomorrow. */
  readonly days?: readonly [notBefore: number, notAfter: number]
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

/** Makes an X.509 certificate for 127.0.0.1 (RFC 5280, section 4.1), with a new P-256 key unless another is given. */
export function makeIdentity(name: string, options: IdentityOptions = {}): Identity {
  const { isCa = false, days = [-1, 1], keys = generateKeyPairSync('ec', { namedCurve: 'P-256' }) } = options
  const signer = options.issuer ?? { name, privateKey: keys.privateKey }
  const toBeSigned = sequence(
    der(0xa0, integer(2)),
    integer(serial++),
    ecdsaWithSha256,
    commonName(signer.name),
    sequence(...days.map(utcTime)),
    commonName(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isCa ? extension('551d13', sequence(der(0x01, bytes('ff')))) : addressExtension)),
  )
  const signature = sign('sha256', toBeSigned, signer.privateKey)
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bitString(signature))
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: pem('CERTIFICATE', certificate), key, name, privateKey: keys.privateKey }
}

export function pem(label: string, content: Buffer): string {
  return `-----BEGIN ${label}-----\n${content.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
}

let serial = 1
const dayMs = 24 * 60 * 60 * 1000

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const integer = (value: number) => der(0x02, Buffer.from([value]))
const bitString = (content: Buffer) => der(0x03, Buffer.from([0]), content)
const oid = (hex: string) => der(0x06, bytes(hex))
const commonName = (name: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
const extension = (id: string, content: Buffer) => sequence(oid(id), der(0x04, content))
const utcTime = (days: number) =>
  der(0x17, Buffer.from(`${new Date(Date.now() + days * dayMs).toISOString().slice(2, 19).replaceAll(/\D/g, '')}Z`))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const addressExtension = extension('551d11', sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))
