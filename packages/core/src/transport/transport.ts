import type { SecureContext } from 'node:tls'
import { joinBytes } from '../internal/bytes.ts'

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string
  /** `https://host:port` */
  readonly origin: string
  /** The path with its query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Limit of the response body in bytes. A longer body is the error `too_large`. */
  readonly maxResponseBytes: number
  /** Milliseconds for the whole exchange: waiting for a connection, connecting, the headers and the body. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** A complete HTTP response. Redirects are responses: no transport follows them. */
export interface HttpResponse {
  readonly status: number
  readonly statusText: string
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined
  readonly text: string
}

/**
 * Sends HTTP requests over connections that are kept open. `#transport` in the `imports` of package.json selects the
 * implementation: undici on Node, `fetch` on other runtimes.
 */
export interface Transport {
  /** @throws {TransportError} (as a rejection) if there is no complete response */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Closes all sockets and aborts requests in flight. */
  close(): Promise<void>
}

/** PEM as a string (it contains `-----BEGIN `), PEM as bytes, or the path of a PEM file (any other string). */
export type PemSource = string | Uint8Array

/**
 * Mutual TLS: the client presents a certificate to the service. Node only. Files are read once, when the client is made;
 * for renewed certificates make a new client. Paths are relative to the working directory.
 */
export interface MtlsOptions {
  /** `false` disables mutual TLS; the other options are still validated. Default: true. */
  readonly enabled?: boolean | undefined
  /** The client certificate, followed by its intermediate certificates, if any. Required unless `enabled` is false. */
  readonly cert?: PemSource | undefined
  /** The private key of `cert`. Required unless `enabled` is false. */
  readonly key?: PemSource | undefined
  /** The trusted roots for the service's certificate, instead of the runtime's. Default: the client's option `ca`. */
  readonly ca?: PemSource | undefined
  /**
   * Whether to refuse a service whose certificate has an unknown root, has expired or has another name. Default: true.
   * With false, anyone on the network path can impersonate the service and read events and tokens: only for tests.
   */
  readonly rejectUnauthorized?: boolean | undefined
  /** The passphrase of `key`, if it is encrypted. Not empty. */
  readonly passphrase?: string | undefined
}

/** TLS settings of connections to the service: see {@link MtlsOptions}. */
export interface ClientTls {
  /** The client certificate with its key, if there is one, and the trusted roots. */
  readonly secureContext: SecureContext
  /** Whether the server's certificate must be trusted. */
  readonly rejectUnauthorized: boolean
}

/**
 * A dispatcher of undici: `Agent`, `ProxyAgent`, `MockAgent` and others. The type names no class, so that a dispatcher of
 * another version of undici is accepted: 6 and 7 are tested.
 */
export interface UndiciDispatcher {
  dispatch(options: never, handler: never): boolean
}

export interface TransportOptions {
  /** Default: the runtime's trusted roots, and no client certificate. */
  readonly tls?: ClientTls | undefined
  /** Sends every request. Default: own connection pools. */
  readonly dispatcher?: UndiciDispatcher | undefined
  /** Sends every request. Default: undici on Node, the global `fetch` on other runtimes. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export type TransportErrorKind = 'timeout' | 'aborted' | 'too_large' | 'network' | 'not_loaded'

/**
 * A request without a complete response. It never has the HTTP client's own error as its cause: that error can contain
 * the request, with its signature and token.
 */
export class TransportError extends Error {
  override readonly name: string = 'TransportError'
  readonly kind: TransportErrorKind
  /** Whether the server may have received any of the request. */
  readonly sent: boolean
  /** The system's code, such as `ECONNREFUSED`; `''` if there is none. */
  readonly code: string

  constructor(kind: TransportErrorKind, sent: boolean, code = '') {
    super(code === '' ? kind : `${kind}: ${code}`)
    this.kind = kind
    this.sent = sent && !isTlsRefusal(code)
    this.code = code
  }
}

/** The system's code of an error or of its cause; `''` if neither has one that is a single word. */
export function systemCode(error: unknown): string {
  for (const at of [error, error instanceof Error ? error.cause : undefined])
    if (at instanceof Error && 'code' in at && typeof at.code === 'string' && /^\w{1,64}$/.test(at.code)) return at.code
  return ''
}

/** The bytes of a response, up to a limit. They are decoded together: a character can span two chunks. */
export class LimitedText {
  readonly #limit: number
  readonly #parts: Uint8Array[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns whether the text is still within the limit */
  add(chunk: Uint8Array): boolean {
    this.#size += chunk.byteLength
    if (this.#size > this.#limit) return false
    this.#parts.push(chunk)
    return true
  }

  toString(): string {
    return this.#size === 0 ? '' : decoder.decode(joinBytes(this.#parts, this.#size))
  }
}

const decoder = new TextDecoder()

/**
 * Whether a code is OpenSSL's or Node's for a certificate that one side does not accept: its verification
 * (`CERT_HAS_EXPIRED`), the check of the name (`ERR_TLS_CERT_ALTNAME_INVALID`), or an alert of the other side
 * (`ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`). Retries do not help until the certificate is replaced. The server has read no
 * request then: it reads none before the handshake is complete on its side, though a TLS 1.3 client may already have
 * written one (RFC 8446, section 4.4.2.4).
 * @see https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
 */
export function isTlsRefusal(code: string): boolean {
  return named.test(code) || others.has(code)
}

const named = /(?:^|_)(?:CERT|CERTIFICATE|ISSUER|LEAF|CA|CRL)(?:_|$)/
const others = new Set([
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  // Before TLS 1.3 this is also the alert for a client without a certificate.
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
])

const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal is aborted, with one listener for each signal: Node warns of a leak if many requests listen
 * to the same signal.
 * @returns a function that removes the callback
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {}
  const all = callbacks.get(signal) ?? listen(signal)
  all.add(callback)
  return () => {
    all.delete(callback)
  }
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>()
  callbacks.set(signal, all)
  signal.addEventListener(
    'abort',
    () => {
      for (const callback of all) callback()
    },
    { once: true },
  )
  return all
}
