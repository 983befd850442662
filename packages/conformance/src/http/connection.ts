import { connect, type Socket } from 'node:net'
import type { InMemoryRequest, Reply } from '../app/harness.ts'

/**
 * One kept connection that sends requests to the byte, one after another. Node's own client does more than these
 * thousands of requests need, and takes most of their time.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(port: number) {
    this.#port = port
  }

  /** Sends a request, its body whole with a Content-Length or in pieces of `chunks` bytes without one. */
  send(request: InMemoryRequest, chunks?: number): Promise<Reply> {
    const reply = this.#last.then(() => this.#exchange(request, chunks))
    this.#last = reply.catch(() => {})
    return reply
  }

  close(): void {
    this.#socket?.destroy()
  }

  #exchange({ method, path, headers, body }: InMemoryRequest, chunks: number | undefined): Promise<Reply> {
    const socket = this.#connected()
    const length =
      chunks !== undefined
        ? ['transfer-encoding: chunked']
        : body.byteLength > 0
          ? [`content-length: ${body.byteLength}`]
          : []
    const fields = [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ...length]
    const head = Buffer.from(`${[`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', ...fields].join('\r\n')}\r\n\r\n`)
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0)
      const settle = (outcome: () => void) => {
        socket.off('data', onData).off('error', onError).off('close', onClose)
        outcome()
      }
      const onData = (data: Buffer) => {
        received = received.length === 0 ? data : Buffer.concat([received, data])
        const reply = parseReply(received, method === 'HEAD')
        if (reply === undefined) return
        settle(() => resolve(reply))
        // A server may close the connection behind a 413; the next request must not race with that.
        if (chunks !== undefined || reply.status === 413 || reply.headers.connection === 'close') socket.destroy()
      }
      const onError = (error: Error) => settle(() => reject(error))
      const onClose = () =>
        settle(() => reject(new Error(`The server closed the connection after ${received.length} bytes`)))
      socket.on('data', onData).on('error', onError).on('close', onClose)
      if (chunks === undefined) socket.write(body.byteLength === 0 ? head : Buffer.concat([head, body]))
      else {
        socket.write(head)
        for (let from = 0; from < body.byteLength; from += chunks) {
          const piece = body.subarray(from, from + chunks)
          socket.write(`${piece.byteLength.toString(16)}\r\n`)
          socket.write(piece)
          socket.write('\r\n')
        }
        socket.write('0\r\n\r\n')
      }
    })
  }

  #connected(): Socket {
    if (this.#socket === undefined || this.#socket.destroyed)
      this.#socket = connect(this.#port, '127.0.0.1').setNoDelay(true)
    // After a reply the server may do with the connection what it wants.
    return this.#socket.listenerCount('error') > 0 ? this.#socket : this.#socket.on('error', () => {})
  }
}

/** A whole HTTP/1.1 response, or `undefined` while some of it is missing. */
function parseReply(bytes: Buffer, isHead: boolean): Reply | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const status = Number(statusLine.split(' ')[1])
  const rest = bytes.subarray(end + 4)
  if (isHead || status === 204) return { status, headers, body: '' }
  if (headers['transfer-encoding'] === 'chunked') {
    const body = unchunked(rest)
    return body === undefined ? undefined : { status, headers, body }
  }
  const length = Number(headers['content-length'])
  return rest.length < length ? undefined : { status, headers, body: rest.toString('utf8', 0, length) }
}

function unchunked(bytes: Buffer): string | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (bytes.length < end + 2 + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
