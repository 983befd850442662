import {
  type HttpRequest,
  type HttpResponse,
  LimitedText,
  onAbort,
  systemCode,
  type Transport,
  TransportError,
  type TransportErrorKind,
  type TransportOptions,
} from './transport.ts'

/** Codes of connections that were never established. After any other error the request may have been sent. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'FailedToOpenSocket',
])

/** Sends through `fetch`. The runtime manages the connections. */
export function createTransport({ fetch: given }: TransportOptions = {}): Transport {
  // The global is read for each request: tests replace it, and an edge runtime may do so too.
  return { request: (request) => send(given ?? globalThis.fetch, request), close: () => Promise.resolve() }
}

async function send(fetch: typeof globalThis.fetch, request: HttpRequest): Promise<HttpResponse> {
  const { method, origin, path, headers, body, maxResponseBytes, timeout, signal } = request
  if (signal?.aborted) throw new TransportError('aborted', false)
  const end = new AbortController()
  let ended: TransportErrorKind | undefined
  const endAs = (kind: TransportErrorKind) => {
    ended ??= kind
    end.abort()
  }
  const timer = setTimeout(() => endAs('timeout'), timeout)
  const stopListening = onAbort(signal, () => endAs('aborted'))
  try {
    const response = await fetch(origin + path, {
      method,
      headers,
      body: body ?? null,
      signal: end.signal,
      redirect: 'manual',
    })
    const text = new LimitedText(maxResponseBytes)
    for await (const chunk of response.body ?? [])
      if (!text.add(chunk)) {
        endAs('too_large')
        break
      }
    if (ended !== undefined) throw new TransportError(ended, true)
    return {
      status: response.status,
      statusText: response.statusText,
      header: (name) => response.headers.get(name) ?? undefined,
      text: text.toString(),
    }
  } catch (error) {
    if (error instanceof TransportError) throw error
    if (ended !== undefined) throw new TransportError(ended, true)
    const code = systemCode(error)
    throw new TransportError('network', !neverConnected.has(code), code)
  } finally {
    clearTimeout(timer)
    stopListening()
  }
}
