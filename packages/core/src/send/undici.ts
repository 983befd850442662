import { Agent } from 'undici'
import { type HttpAnswer, type HttpRequest, readText, type Transport } from './transport.ts'

/** Sends through an undici pool for each origin. Idle connections do not keep the process alive. */
export function createTransport(): Transport {
  const agent = new Agent({ connections: 64, pipelining: 1 })
  return {
    async request({ method, url, headers, body, maxAnswerBytes, signal }: HttpRequest): Promise<HttpAnswer> {
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        // undici takes any method that HTTP allows; its types name the common ones.
        method: method as 'POST',
        headers,
        body: body ?? null,
        signal,
      })
      const text = await readText(answer.body, maxAnswerBytes)
      return { status: answer.statusCode, statusText: answer.statusText, text }
    },
    close: () => agent.close(),
  }
}
