/** The way out for whatever a client does wrong: `pusher:error`, and for a refused connection the close code too. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** A code of the Pusher protocol, or null where it names none. */
  readonly code: number | null

  constructor(message: string, code: number | null = null) {
    super(message)
    this.code = code
  }
}
