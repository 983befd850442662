import { type Agent, request } from 'node:http'
import type { InMemoryRequest, Reply } from './app.ts'

/** Sends a request over a real socket, its body whole with a Content-Length or in pieces without one. */
export function overSocket(
  agent: Agent | false,
  port: number,
  { method, path, headers, body }: InMemoryRequest,
  chunks?: number,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = chunks === undefined && body.byteLength > 0 ? { 'content-length': String(body.byteLength) } : {}
    const sent = request(
      { agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: Buffer.concat(parts).toString('utf8'),
          }),
        )
      },
    )
    sent.on('error', reject)
    for (let from = 0; chunks !== undefined && from < body.byteLength; from += chunks)
      sent.write(body.subarray(from, from + chunks))
    sent.end(chunks === undefined ? body : undefined)
  })
}
