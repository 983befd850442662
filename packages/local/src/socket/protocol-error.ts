import type { Explanation } from '../log/entry.ts'

/** The way out for whatever a client does wrong: `pusher:error`, and the end of the connection if the code says so. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  /** A code of the Pusher protocol, or null where it names none. */
  readonly code: number | null
  /** For the log alone. */
  readonly explain: (() => Explanation) | undefined

  constructor(message: string, code: number | null = null, explain?: () => Explanation) {
    super(message)
    this.code = code
    this.explain = explain
  }

  /** The code to close with. The protocol ends a connection for its codes below 4300, and for no other error. */
  get closeCode(): number | undefined {
    return this.code !== null && this.code < 4300 ? this.code : undefined
  }
}
