import { WebSocket } from 'ws'

/**
 * A socket that emits `closing` with the code as soon as a closing handshake begins, on either side. ws emits `close`
 * only after the end of the TCP connection, for which it waits 30 seconds; it answers a Close frame by calling `close`.
 */
export class ClientSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    this.emit('closing', code ?? 1005)
  }
}
