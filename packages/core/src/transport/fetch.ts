import {
  type HttpRequest,
  type HttpResponse,
  LimitedText,
  onAbort,
  systemCode,
  type Transport,
  TransportError,
  type TransportErrorKind,
} from './transport.ts'

/** What a runtime calls a connection that it never had. Any other fault may have come after sending. */
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

/** Sends through the runtime's `fetch`, which keeps its own connections. */
export function createTransport(): Transport {
  return { request, close: () => Promise.resolve() }
}

async function request(request: HttpRequest): Promise<HttpResponse> {
  const { method, origin, path, headers, body, maxAnswerBytes, timeout, signal } = request
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
    const answer = await fetch(origin + path, {
      method,
      headers,
      body: body ?? null,
      signal: end.signal,
      redirect: 'manual',
    })
    const text = new LimitedText(maxAnswerBytes)
    for await (const chunk of answer.body ?? [])
      if (!text.add(chunk)) {
        endAs('too_large')
        break
      }
    if (ended !== undefined) throw new TransportError(ended, true)
    return {
      status: answer.status,
      statusText: answer.statusText,
      header: (name) => answer.headers.get(name) ?? undefined,
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
