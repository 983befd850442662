import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions, assertSecret } from '../internal/validate.ts'
import { type ClientTls, type MtlsOptions, type PemSource, systemCode } from './transport.ts'

const mtlsNames: Record<keyof MtlsOptions, true> = {
  enabled: true,
  cert: true,
  key: true,
  ca: true,
  rejectUnauthorized: true,
  passphrase: true,
}

/** The options `mtls` and `ca` of a client. */
export interface TlsOptions {
  readonly mtls?: MtlsOptions | undefined
  readonly ca?: PemSource | undefined
}

/**
 * Resolves the TLS options of connections to `origin`.
 * @throws {TypeError} naming the option that is missing, malformed, unknown or unreadable, or that does not fit the origin
 */
export function resolveTls({ mtls, ca }: TlsOptions, origin: string): ClientTls | undefined {
  if (mtls !== undefined) assertMtls(mtls)
  if (ca !== undefined) assertPem(ca, 'options.ca')
  if (ca !== undefined && !origin.startsWith('https:'))
    throw invalidArgument('options.ca', 'requires an endpoint that is https')
  const { enabled = true, ...own } = mtls ?? { enabled: false }
  if (!enabled) return ca === undefined ? undefined : clientTls({ ca }, 'options.ca')
  if (own.cert === undefined) throw invalidArgument('options.mtls.cert', 'is missing')
  if (own.key === undefined) throw invalidArgument('options.mtls.key', 'is missing')
  if (!origin.startsWith('https:')) throw invalidArgument('options.mtls', 'requires an endpoint that is https')
  const caOption = own.ca === undefined ? 'options.ca' : 'options.mtls.ca'
  return clientTls({ ...own, ca: own.ca ?? ca }, caOption)
}

function assertMtls(mtls: unknown): asserts mtls is MtlsOptions {
  assertOptions(mtls, 'options.mtls', mtlsNames)
  const { enabled, cert, key, ca, rejectUnauthorized, passphrase }: Partial<Record<keyof MtlsOptions, unknown>> = mtls
  for (const [name, value] of Object.entries({ enabled, rejectUnauthorized }))
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidArgument(`options.mtls.${name}`, `must be true or false (received ${describeType(value)})`)
  for (const [name, value] of Object.entries({ cert, key, ca }))
    if (value !== undefined) assertPem(value, `options.mtls.${name}`)
  if (passphrase !== undefined) assertSecret(passphrase, 'options.mtls.passphrase')
}

function assertPem(value: unknown, argument: string): void {
  if ((typeof value === 'string' || value instanceof Uint8Array) && value.length > 0) return
  const received = value instanceof Uint8Array ? 'no bytes' : describeType(value)
  throw invalidArgument(argument, `must be PEM as text or bytes, or the path of a PEM file (received ${received})`)
}

/**
 * Reads and verifies the trusted roots, the client certificate and its key. Of OpenSSL's errors only the code is shown.
 * @param caOption the name of the option that `ca` comes from
 * @throws {TypeError} naming the option whose file is unreadable, whose PEM is unusable, or that does not fit the others
 */
function clientTls(options: Omit<MtlsOptions, 'enabled'>, caOption: string): ClientTls {
  const { passphrase, rejectUnauthorized = true } = options
  const [certOption, keyOption] = ['options.mtls.cert', 'options.mtls.key']
  const cert = readPem(options.cert, certOption)
  const key = readPem(options.key, keyOption)
  const ca = readPem(options.ca, caOption)
  const [own] = cert === undefined ? [] : certificates(cert, certOption)
  if (ca !== undefined) certificates(ca, caOption)
  if (own !== undefined && key !== undefined && !own.checkPrivateKey(privateKey(key, passphrase)))
    throw invalidArgument(keyOption, `is not the key of the first certificate in ${certOption}`)
  const context = secureContext({ cert, key, ca, passphrase }, cert === undefined ? caOption : certOption)
  return { secureContext: context, rejectUnauthorized }
}

function readPem(value: PemSource | undefined, argument: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && value.includes(begin))) return value
  const pem = new TextDecoder().decode(typeof value === 'string' ? readFile(value, argument) : value)
  if (!pem.includes(begin)) throw invalidArgument(argument, `contains no PEM: there is no ${begin}in it`)
  return pem
}

const begin = '-----BEGIN '

/** The error does not show the path: it can be a secret in the wrong place. */
function readFile(path: string, argument: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw invalidArgument(
      argument,
      `cannot be read as a file (${systemCode(error)}). Text without ${begin}is used as a path`,
    )
  }
}

/** Parses all of them: of a `ca`, Node silently ignores an unreadable certificate and everything after it. */
function certificates(pem: string, argument: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.split(/(?=-----BEGIN )/).filter((block) => /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(block))
  try {
    const [first = '', ...others] = blocks
    return [new X509Certificate(first), ...others.map((other) => new X509Certificate(other))]
  } catch {
    throw invalidArgument(argument, 'contains no certificate, or one that cannot be read')
  }
}

function privateKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase })
  } catch {
    if (passphrase === undefined && pem.includes('ENCRYPTED'))
      throw invalidArgument('options.mtls.passphrase', 'is missing, and options.mtls.key is encrypted')
    const opened = passphrase === undefined ? '' : ', or not one that options.mtls.passphrase decrypts'
    throw invalidArgument('options.mtls.key', `contains no private key that can be read${opened}`)
  }
}

function secureContext(options: SecureContextOptions, argument: string): SecureContext {
  try {
    // Not imported: loading it takes some 3 ms, and most servers have no TLS options.
    return process.getBuiltinModule('node:tls').createSecureContext(options)
  } catch (error) {
    throw invalidArgument(argument, `or its related options cannot be used for TLS (${systemCode(error)})`)
  }
}
