import type { IncomingMessage } from 'node:http'
import { joinBytes } from '../internal/bytes.ts'
import { bodyTimeout, type RawBody, tooLarge, tooSlow } from './incoming-request.ts'

/** When a body must have ended. Each request has one: the code that reads the body sets `onExpired`. */
export interface BodyDeadline {
  /** Called when the time is over and the body has not ended. */
  onExpired: ((body: typeof tooSlow) => void) | undefined
}

/**
 * Reads a Node stream as bytes, up to `limit`. What follows is drained by Node once the response is sent.
 * @returns `undefined` if the client leaves before the end
 */
export function readNodeStream(stream: IncomingMessage, limit: number, deadline: BodyDeadline): Promise<RawBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, stream.readableEncoding ?? 'utf8') : chunk
      size += bytes.byteLength
      if (size <= limit) chunks.push(bytes)
      else finish(tooLarge)
    }
    const onEnd = () => finish(joinBytes(chunks, size))
    const onBroken = () => finish(undefined)
    const finish = (body: RawBody) => {
      stream.off('data', onData).off('end', onEnd).off('close', onBroken)
      deadline.onExpired = undefined
      resolve(body)
    }
    // No closure of its own: with one, V8 kept 3 kB of each request until the next full collection, and a request took 75 µs
    // of CPU in Fastify (67 by hand, Node 20).
    deadline.onExpired = finish
    // The 'error' listener stays: an 'error' event without a listener ends the process.
    stream.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken)
  })
}

/**
 * Reads a web stream as bytes, up to `limit`, and cancels it where it does not end there.
 * @param deadline of a request whose time is limited already; left out, this call limits it
 * @returns `undefined` if the stream fails
 */
export async function readWebStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  deadline?: BodyDeadline,
): Promise<RawBody> {
  const reader = stream.getReader()
  const body = await withBodyTimeout(readAll(reader, limit), deadline)
  // Not awaited: a source that never settles its cancellation would hang the response.
  if (body === undefined || typeof body === 'symbol') reader.cancel().catch(() => {})
  return body
}

/** Waits for a body until the deadline; {@link tooSlow} when it is over. */
export function withBodyTimeout(body: Promise<RawBody>, deadline?: BodyDeadline): Promise<RawBody> {
  return new Promise((resolve) => {
    const timer = deadline === undefined ? setTimeout(resolve, bodyTimeout, tooSlow) : undefined
    if (deadline !== undefined) deadline.onExpired = resolve
    body.then((read) => {
      clearTimeout(timer)
      resolve(read)
    })
  })
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<RawBody> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > limit) return tooLarge
      chunks.push(value)
    }
  } catch {
    return undefined
  }
  return joinBytes(chunks, size)
}
