import { createTransport } from '#transport'
import { describeType, invalidArgument } from './errors.ts'
import { jsonText, parseJson } from './internal/json.ts'
import { assertOptions, assertTimeout } from './internal/validate.ts'
import { Backlog } from './transport/backlog.ts'
import { type Transport, TransportError } from './transport/transport.ts'

/** Options of {@link sendServer}. */
export interface SendServerOptions {
  /** Request headers, in addition to `content-type: application/json; charset=utf-8`, which they can replace. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The HTTP method, in any case. `CONNECT`, `TRACE` and `TRACK` are refused. Default: `POST`. */
  readonly method?: string | undefined
  /** Milliseconds for the whole exchange: 1 to 2147483647. Default: 5000 ms. */
  readonly timeout?: number | undefined
}

/** Result of {@link sendServer}. */
export interface SendServerResult {
  /** Whether the response's status was 2xx. */
  readonly ok: boolean
  /** The response body, of any status: parsed if it is JSON, else its text. */
  readonly data?: unknown
  /** The cause of a failure: `'404 Not Found'`, `'Request timeout'`, or the network error's code or text. */
  readonly error?: string
}

const optionNames: Record<keyof SendServerOptions, true> = { headers: true, method: true, timeout: true }
const maxResponseBytes = 16 * 1024 * 1024

let shared: Transport | undefined
const backlog = new Backlog()

/**
 * Sends data to any URL. Resolves with `ok: false` for a network error, a timeout, and a 4xx or 5xx. Connections are
 * reused; those to the 32 origins that were used last are kept. Redirects are not followed. At most 16 MiB of the response
 * are read. While 10,000 requests, or requests with 16 Mi characters of data, are in progress, further ones are not sent.
 *
 * @param url http or https. A user name and a password in it are sent as Basic authentication, unless `headers` has an
 * `authorization` of its own
 * @param data a string is sent as it is, anything else as JSON, `undefined` as no body
 * @throws {TypeError} (as a rejection) for a malformed URL, data that is not JSON, or a malformed option
 * @example
 * ```ts
 * import { sendServer } from '@pingerchips/core'
 *
 * const { ok, error } = await sendServer('https://collector.example/events', { name: 'order' }, { timeout: 2000 })
 * if (!ok) console.error(error)
 * ```
 */
export async function sendServer(
  url: string | URL,
  data?: unknown,
  options: SendServerOptions = {},
): Promise<SendServerResult> {
  assertOptions(options, 'options', optionNames)
  const { headers, timeout = 5000, method = 'POST' } = options
  const target = parseUrl(url)
  assertTimeout(timeout, 'options.timeout')
  assertHeaders(headers)
  const body = data === undefined || typeof data === 'string' ? data : jsonText(data, 'data')
  const request = {
    method: parseMethod(method),
    origin: target.origin,
    path: target.pathname + target.search,
    headers: { 'content-type': 'application/json; charset=utf-8', ...basicAuth(target), ...lowerCased(headers) },
    body,
    maxResponseBytes,
    timeout,
    signal: undefined,
  }
  const size = body?.length ?? 0
  if (!backlog.add(size)) return { ok: false, error: 'Too many requests in progress' }
  try {
    shared ??= createTransport()
    const { status, statusText, text } = await shared.request(request)
    const content = parseJson(text, text)
    if (status >= 200 && status < 300) return { ok: true, data: content }
    return { ok: false, data: content, error: `${status} ${statusText}`.trimEnd() }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    const { kind, code } = error
    const named = kind === 'network' && code !== '' ? code : errorTexts[kind]
    return { ok: false, error: named }
  } finally {
    backlog.remove(size)
  }
}

const errorTexts: Readonly<Record<TransportError['kind'], string>> = {
  timeout: 'Request timeout',
  aborted: 'Request aborted',
  too_large: 'Response too large',
  network: 'Network error',
  not_loaded: 'HTTP client could not be loaded',
}

function parseUrl(url: unknown): URL {
  const target = typeof url === 'string' && URL.canParse(url) ? new URL(url) : url
  if (!(target instanceof URL) || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    throw invalidArgument('url', `must be an absolute http or https URL (received ${describeType(url)})`)
  return target
}

/** CONNECT takes over a connection, and TRACE returns the request with its credentials (Fetch Standard, forbidden methods). */
const refusedMethods = ['CONNECT', 'TRACE', 'TRACK']

/** The method in upper case, as Node's own `http.request` sends it. */
function parseMethod(method: unknown): string {
  const upper = typeof method === 'string' && /^[A-Za-z-]{1,32}$/.test(method) ? method.toUpperCase() : undefined
  if (upper === undefined || refusedMethods.includes(upper))
    throw invalidArgument(
      'options.method',
      `must be an HTTP method other than ${refusedMethods.join(', ')} (received ${upper ?? describeType(method)})`,
    )
  return upper
}

/** RFC 7617, with UTF-8. */
function basicAuth({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {}
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidArgument('url', 'must have a user name and a password that are percent-encoded UTF-8')
  }
}

/** Headers of the connection and of the body. Other values would break the exchange. */
const ownHeaders = ['connection', 'content-length', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade']

/** RFC 9110, section 5. A request that the HTTP client refuses later costs a connection. */
function assertHeaders(headers: unknown): void {
  if (headers === undefined) return
  // A Headers or a Map has no properties: its entries would be dropped.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throw invalidArgument('options.headers', `must be an object of strings (received ${describeType(headers)})`)
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || ownHeaders.includes(name.toLowerCase()))
      throw invalidArgument('options.headers', `must have names of HTTP headers other than ${ownHeaders.join(', ')}`)
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw invalidArgument(
        `options.headers.${name.toLowerCase()}`,
        'must be a string of Latin-1 characters without line ends. Encode others, for example with encodeURIComponent',
      )
  }
}

/** Header names are case-insensitive: the caller's `Content-Type` replaces the default. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
