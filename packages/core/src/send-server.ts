import { describeType, invalidArgument } from './errors.ts'
import { jsonText } from './internal/json.ts'
import { assertOptions, assertTimeout } from './internal/validate.ts'
import { type Transport, TransportError } from './transport/transport.ts'

/** How to send. */
export interface SendServerOptions {
  /** Request headers, over the default `content-type: application/json; charset=utf-8`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The HTTP method. Default: `POST`. */
  readonly method?: string | undefined
  /** Milliseconds for the whole exchange, 1 to 2147483647. Default: 5000. */
  readonly timeout?: number | undefined
}

/** How it went. */
export interface SendServerResult {
  /** Whether the answer's status was 2xx. */
  readonly ok: boolean
  /** The answer's body: parsed where it is JSON, else its text. Kept on a 4xx and 5xx too. */
  readonly data?: unknown
  /** What went wrong: `'404 Not Found'`, `'Request timeout'`, or the network's own code or words. */
  readonly error?: string
}

const optionNames: Record<keyof SendServerOptions, true> = { headers: true, method: true, timeout: true }
const maxAnswerBytes = 16 * 1024 * 1024

let shared: Promise<Transport> | undefined

/**
 * Sends data to any URL and tells how it went. It resolves for a network fault, a time-out and a 4xx or 5xx alike,
 * with `ok: false`. Connections are kept and reused. Redirects are not followed. At most 16 MiB of the answer are read.
 *
 * @param url where to send, http or https
 * @param data a string is sent as it is, anything else as JSON; nothing is sent when left out
 * @throws {TypeError} (as a rejection) for a caller's mistake: a malformed URL, data that is not JSON, a bad option
 */
export async function sendServer(
  url: string | URL,
  data?: unknown,
  options: SendServerOptions = {},
): Promise<SendServerResult> {
  assertOptions(options, 'options', optionNames)
  const { headers, method = 'POST', timeout = 5000 } = options
  if (typeof method !== 'string' || !/^[A-Za-z-]+$/.test(method))
    throw invalidArgument('options.method', `must be an HTTP method (got ${describeType(method)})`)
  const target = parseUrl(url)
  assertTimeout(timeout, 'options.timeout')
  assertHeaders(headers)
  const body = data === undefined || typeof data === 'string' ? data : jsonText(data, 'data')
  shared ??= import('#transport').then(({ createTransport }) => createTransport())
  shared.catch(() => {
    shared = undefined
  })
  const transport = await shared
  try {
    const { status, statusText, text } = await transport.request({
      method,
      origin: target.origin,
      path: target.pathname + target.search,
      headers: { 'content-type': 'application/json; charset=utf-8', ...lowerCased(headers) },
      body,
      maxAnswerBytes,
      timeout,
      signal: undefined,
    })
    if (status >= 200 && status < 300) return { ok: true, data: parsed(text) }
    return { ok: false, data: parsed(text), error: `${status} ${statusText}`.trimEnd() }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return { ok: false, error: error.kind === 'timeout' ? 'Request timeout' : error.code || faultTexts[error.kind] }
  }
}

const faultTexts = {
  timeout: 'Request timeout',
  aborted: 'Request aborted',
  too_large: 'Response too large',
  network: 'Network error',
}

function parseUrl(url: unknown): URL {
  const target = typeof url === 'string' && URL.canParse(url) ? new URL(url) : url
  if (!(target instanceof URL) || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    throw invalidArgument('url', `must be an absolute http or https URL (got ${describeType(url)})`)
  return target
}

/** Said by the connection, or by the length of the data: one who says otherwise breaks the exchange. */
const ownHeaders = ['connection', 'content-length', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade']

/** RFC 9110, section 5. A request that the HTTP client refuses only later costs it a connection of its pool. */
function assertHeaders(headers: unknown): void {
  if (headers === undefined) return
  if (typeof headers !== 'object' || headers === null)
    throw invalidArgument('options.headers', `must be an object of strings (got ${describeType(headers)})`)
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || ownHeaders.includes(name.toLowerCase()))
      throw invalidArgument('options.headers', `must have names of HTTP headers, and none of ${ownHeaders.join(', ')}`)
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw invalidArgument(
        `options.headers.${name.toLowerCase()}`,
        'must be a string of Latin-1 characters without line ends; encode others, as encodeURIComponent does',
      )
  }
}

/** Header names are case-insensitive: the caller's `Content-Type` replaces the default instead of standing beside it. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
