import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/** Most that a request's body may weigh, in bytes. A batch of 10 events of 64 KiB, escaped, fits. */
export const bodyLimit = 1_048_576

/**
 * The body, byte for byte as it was signed. Bytes are counted as they come, whatever Content-Length says; what
 * follows the limit is read and dropped, so that the client gets to see its 413.
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyLimit) {
        chunks.push(chunk)
      } else {
        chunks.length = 0
        reject(new Refusal(413, `Body too large (max ${bodyLimit} bytes)`))
      }
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(new Refusal(400, 'The body ended early')))
  })
}
