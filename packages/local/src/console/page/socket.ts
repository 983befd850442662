import type { FromConsole, ToConsole } from '../server/messages.ts'

const retryMs = 1000

export type ConnectionState = 'waiting' | 'open' | 'lost'

/** The console's own WebSocket. It reconnects. */
export class ServiceSocket {
  #socket: WebSocket | undefined
  readonly #receive: (message: ToConsole) => void
  readonly #onState: (state: ConnectionState) => void

  constructor(receive: (message: ToConsole) => void, onState: (state: ConnectionState) => void) {
    this.#receive = receive
    this.#onState = onState
    this.#connect()
  }

  /** Sends a message. Returns false if there is no connection. */
  send(message: FromConsole): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  #connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/console`)
    this.#socket = socket
    socket.addEventListener('open', () => this.#onState('open'))
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(data)))
    socket.addEventListener('close', () => {
      this.#onState('lost')
      setTimeout(() => this.#connect(), retryMs)
    })
  }
}
