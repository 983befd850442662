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
  /** How many bytes of the answer are read at the most; more is the fault `too_large`. */
  readonly maxAnswerBytes: number
  /** Milliseconds for the whole exchange: waiting for a connection, connecting, the headers and the body. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** Its answer, read whole. A redirect is an answer like any other: no transport follows one. */
export interface HttpResponse {
  readonly status: number
  readonly statusText: string
  /** A header by its lower-case name; the first value of one that came several times. */
  header(name: string): string | undefined
  readonly text: string
}

/**
 * Carries HTTP requests over kept connections. Which one a runtime gets is chosen by `#transport` in the `imports` of
 * package.json: undici on Node, `fetch` elsewhere.
 */
export interface Transport {
  /** @throws {TransportError} (as a rejection) if there was no whole answer */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Leaves no socket behind. What is in flight is broken off: to wait for it is the caller's. */
  close(): Promise<void>
}

/** How connections are made where the server asks who we are: see {@link MtlsOptions}. */
export interface ClientTls {
  /** Our certificate with its key, and the roots that we trust. */
  readonly secureContext: SecureContext
  /** Whether the server's certificate must be trusted. */
  readonly rejectUnauthorized: boolean
}

export interface TransportOptions {
  /** Default: the runtime's own trust, and no certificate of ours. */
  readonly tls?: ClientTls | undefined
}

export type TransportErrorKind = 'timeout' | 'aborted' | 'too_large' | 'network'

/**
 * A request that got no whole answer. It never holds the transport's own error: that may hold the request, and with it the
 * signature and the token.
 */
export class TransportError extends Error {
  override readonly name: string = 'TransportError'
  readonly kind: TransportErrorKind
  /** Whether the server may have taken any of it. */
  readonly sent: boolean
  /** The system's code, such as `ECONNREFUSED`; `''` where it gave none. */
  readonly code: string

  constructor(kind: TransportErrorKind, sent: boolean, code = '') {
    super(code === '' ? kind : `${kind}: ${code}`)
    this.kind = kind
    this.sent = sent && !isTlsRefusal(code)
    this.code = code
  }
}

/** The system's code of an error: a word, of an error or of what is underneath it. */
export function systemCode(error: unknown): string {
  for (const at of [error, error instanceof Error ? error.cause : undefined])
    if (at instanceof Error && 'code' in at && typeof at.code === 'string' && /^\w{1,64}$/.test(at.code)) return at.code
  return ''
}

/** An answer's bytes, up to a limit, decoded once together: a character may span two chunks. */
export class LimitedText {
  readonly #limit: number
  readonly #parts: Uint8Array[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns whether it is within the limit still */
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
 * Whether a fault's code is OpenSSL's word for certificates that one side does not accept from the other: its own checks
 * (`CERT_HAS_EXPIRED`), Node's of the name (`ERR_TLS_CERT_ALTNAME_INVALID`), or what the other side says by an alert
 * (`ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`). It stays so until somebody mends them. No request was taken then: a server reads
 * none before the handshake is over on its side, though in TLS 1.3 a client may have written one by then (RFC 8446,
 * section 4.4.2.4).
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
  // Before TLS 1.3 also the answer to a client without a certificate.
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
])

const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal is aborted, with one listener for each signal: Node warns of a leak when many requests at
 * once listen to the same one.
 * @returns what takes the callback back
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
