import type { Subscriber } from './channels.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Session } from './users.ts'

/** One connected client. */
export interface Connection extends Subscriber, Session {
  readonly clientEventLimit: RateLimit
  /** Ends TCP without a Close frame. */
  cut(): void
}

/** Socket ids of ended connections that are kept, to recognise an authorization that was made for one of them. */
const endedLimit = 100

/** The open connections of one app, in the order of their connecting. */
export class Connections {
  readonly #open = new Map<string, Connection>()
  readonly #ended: string[] = []

  get count(): number {
    return this.#open.size
  }

  values(): IterableIterator<Connection> {
    return this.#open.values()
  }

  /** Whether a socket id is of an open connection, or of one that ended lately. */
  isKnown(socketId: string): boolean {
    return this.#open.has(socketId) || this.#ended.includes(socketId)
  }

  /** Socket ids of the connections that ended last, newest last. */
  ended(): readonly string[] {
    return this.#ended
  }

  add(connection: Connection): void {
    this.#open.set(connection.socketId, connection)
  }

  remove({ socketId }: Connection): void {
    this.#open.delete(socketId)
    this.#ended.push(socketId)
    if (this.#ended.length > endedLimit) this.#ended.shift()
  }
}
