/** The way out for whatever a client does wrong: `pusher:error`, and the end of the connection if the code says so. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** A code of the Pusher protocol, or null where it names none. */
  readonly code: number | null

  constructor(message: string, code: number | null = null) {
    super(message)
    this.code = code
  }

  /** The code to close with. The protocol ends a connection for its codes below 4300, and for no other error. */
  get closeCode(): number | undefined {
    return this.code !== null && this.code < 4300 ? this.code : undefined
  }
}
