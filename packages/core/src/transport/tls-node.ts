import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { invalidArgument } from '../errors.ts'
import type { ClientCertificate } from './mtls.ts'
import { type ClientTls, systemCode } from './transport.ts'

/**
 * Reads and checks a client certificate and its key. What OpenSSL says of them is not passed on, beyond its code.
 * @throws {TypeError} naming the option whose file cannot be read, whose PEM cannot be used, or that does not fit the others
 */
export function clientTls({ cert, key, ca, passphrase, rejectUnauthorized = true }: ClientCertificate): ClientTls {
  const pem = {
    cert: readPem(cert, 'options.mtls.cert'),
    key: readPem(key, 'options.mtls.key'),
    ca: ca === undefined ? undefined : readPem(ca, 'options.mtls.ca'),
  }
  const [own] = certificates(pem.cert, 'options.mtls.cert')
  if (pem.ca !== undefined) certificates(pem.ca, 'options.mtls.ca')
  if (!own.checkPrivateKey(privateKey(pem.key, passphrase)))
    throw invalidArgument('options.mtls.key', 'is not the key of the first certificate in options.mtls.cert')
  return { secureContext: secureContext({ ...pem, passphrase }), rejectUnauthorized }
}

function readPem(value: string | Uint8Array, argument: string): string {
  if (typeof value === 'string' && value.includes(begin)) return value
  const pem = new TextDecoder().decode(typeof value === 'string' ? readFile(value, argument) : value)
  if (!pem.includes(begin)) throw invalidArgument(argument, `holds no PEM: there is no ${begin}in it`)
  return pem
}

const begin = '-----BEGIN '

/** The path is not told: what stands in its place may be a secret. */
function readFile(path: string, argument: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw invalidArgument(
      argument,
      `cannot be read as a file (${systemCode(error)}); text without ${begin}is taken for a path`,
    )
  }
}

/** Reads them all: of a `ca`, Node silently leaves out what cannot be read and whatever comes behind it. */
function certificates(pem: string, argument: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.split(/(?=-----BEGIN )/).filter((block) => /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(block))
  try {
    const [first = '', ...others] = blocks
    return [new X509Certificate(first), ...others.map((other) => new X509Certificate(other))]
  } catch {
    throw invalidArgument(argument, 'holds no certificate, or one that cannot be read')
  }
}

function privateKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    if (passphrase === undefined && pem.includes('ENCRYPTED'))
      throw invalidArgument('options.mtls.passphrase', 'is missing, and options.mtls.key is encrypted')
    const opened = passphrase === undefined ? '' : ', or not one that options.mtls.passphrase opens'
    throw invalidArgument('options.mtls.key', `holds no private key that can be read${opened}`)
  }
}

function secureContext(options: SecureContextOptions): SecureContext {
  try {
    // Not imported: to load it takes some 3 ms, and most servers present no certificate.
    return process.getBuiltinModule('node:tls').createSecureContext(options)
  } catch (error) {
    throw invalidArgument('options.mtls.cert', `or what comes with it cannot be used for TLS (${systemCode(error)})`)
  }
}
