import { clientTls } from '#tls'
import { describeType, invalidArgument } from '../errors.ts'
import { assertOptions, assertSecret } from '../internal/validate.ts'
import type { ClientTls } from './transport.ts'

/**
 * Mutual TLS: the service sees a certificate of ours before it takes a request. Node only. All of it is read once, when
 * the client is made; for renewed certificates make a new client.
 *
 * `cert`, `key` and `ca` are each PEM as a string (it holds `-----BEGIN `), PEM as bytes, or the path of a PEM file (any
 * other string), relative to the working directory.
 */
export interface MtlsOptions {
  /** `false`: as if `mtls` were not there, though a malformed option is refused still. Default: true. */
  readonly enabled?: boolean | undefined
  /** Our certificate, then those between it and its root, if any. Required, unless `enabled` is false. */
  readonly cert?: string | Uint8Array | undefined
  /** The private key of `cert`. Required, unless `enabled` is false. */
  readonly key?: string | Uint8Array | undefined
  /** The roots that the service's certificate may come from, instead of the runtime's own. Default: the runtime's. */
  readonly ca?: string | Uint8Array | undefined
  /**
   * Whether to break off when the service's certificate is not from a known root, has expired, or has another name.
   * Default: true. With false anyone on the way can pose as the service, and read events and tokens: for a test alone.
   */
  readonly rejectUnauthorized?: boolean | undefined
  /** What opens `key`, if it is encrypted. Not empty. */
  readonly passphrase?: string | undefined
}

/** {@link MtlsOptions} that are in use. */
export interface ClientCertificate extends MtlsOptions {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
}

const optionNames: Record<keyof MtlsOptions, true> = {
  enabled: true,
  cert: true,
  key: true,
  ca: true,
  rejectUnauthorized: true,
  passphrase: true,
}

/**
 * What connections to `origin` take from the option `mtls`; `undefined` if nothing.
 * @throws {TypeError} naming the option that is missing, malformed or unknown, or the file's that cannot be used; where
 * the origin is not https; and where the runtime cannot present a certificate
 */
export function parseMtls(mtls: unknown, origin: string): ClientTls | undefined {
  if (mtls === undefined) return undefined
  assertMtls(mtls)
  const { enabled = true, cert, key } = mtls
  if (!enabled) return undefined
  if (cert === undefined) throw invalidArgument('options.mtls.cert', 'is missing')
  if (key === undefined) throw invalidArgument('options.mtls.key', 'is missing')
  if (!origin.startsWith('https:')) throw invalidArgument('options.mtls', 'needs an endpoint that is https')
  return clientTls({ ...mtls, cert, key })
}

function assertMtls(mtls: unknown): asserts mtls is MtlsOptions {
  assertOptions(mtls, 'options.mtls', optionNames)
  const { enabled, cert, key, ca, rejectUnauthorized, passphrase }: Partial<Record<keyof MtlsOptions, unknown>> = mtls
  for (const [name, value] of Object.entries({ enabled, rejectUnauthorized }))
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidArgument(`options.mtls.${name}`, `must be true or false (got ${describeType(value)})`)
  for (const [name, value] of Object.entries({ cert, key, ca }))
    if (value !== undefined && !((typeof value === 'string' || value instanceof Uint8Array) && value.length > 0))
      throw invalidArgument(
        `options.mtls.${name}`,
        `must be PEM as text or bytes, or the path of a PEM file (got ${value instanceof Uint8Array ? 'no bytes' : describeType(value)})`,
      )
  if (passphrase !== undefined) assertSecret(passphrase, 'options.mtls.passphrase')
}
