import { connect } from 'node:net'

/** Bytes for one connection, in the pieces in which they are written. */
export interface RawConnection {
  readonly pieces: readonly string[]
  /** How the client ends: it half-closes, closes at once, or resets the connection. */
  readonly ending: 'end' | 'destroy' | 'reset'
}

/**
 * Writes bytes to a server.
 * @returns the server's bytes, once the connection is over
 * @throws {Error} if the server neither responds nor closes within `limit` milliseconds
 */
export function sendRaw(port: number, { pieces, ending }: RawConnection, limit = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`The server kept the connection for ${limit} ms.`))
    }, limit)
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(received).toString())
    })
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    socket.on('connect', async () => {
      for (const piece of pieces)
        await new Promise<void>((written) => {
          socket.write(piece, 'utf8', () => written())
        })
      if (ending === 'end') socket.end()
      else if (ending === 'destroy') socket.destroy()
      else socket.resetAndDestroy()
    })
  })
}
