import { type HttpAnswer, type HttpRequest, readText, type Transport } from './transport.ts'

/** Sends through the runtime's `fetch`, which keeps its own connections. */
export function createTransport(): Transport {
  return {
    async request({ method, url, headers, body, maxAnswerBytes, signal }: HttpRequest): Promise<HttpAnswer> {
      const answer = await fetch(url, { method, headers, body: body ?? null, signal, redirect: 'manual' })
      const text = answer.body === null ? '' : await readText(answer.body, maxAnswerBytes)
      return { status: answer.status, statusText: answer.statusText, text }
    },
    close: () => Promise.resolve(),
  }
}
