import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Counts this process's connections to a port, from their first attempt until they are closed. */
export class SocketWatch {
  open = 0
  /** The most that there were at once. */
  peak = 0
  /** How many there were in all. */
  made = 0
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    subscribe('net.client.socket', this.#onSocket)
  }

  stop(): void {
    unsubscribe('net.client.socket', this.#onSocket)
  }

  readonly #onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.once('connectionAttempt', (_address: string, port: number) => {
      if (port !== this.#port) return
      this.made++
      this.open++
      this.peak = Math.max(this.peak, this.open)
      socket.once('close', () => {
        this.open--
      })
    })
  }
}
