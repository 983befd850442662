import type { Connection } from './socket/connection.ts'

/** How many ids of ended connections are kept, to recognise an authorization that was meant for one of them. */
const endedLimit = 100

/** The open connections of one app, in the order they came. */
export class Connections {
  readonly #open = new Map<string, Connection>()
  readonly #ended: string[] = []

  get count(): number {
    return this.#open.size
  }

  values(): IterableIterator<Connection> {
    return this.#open.values()
  }

  has(socketId: string): boolean {
    return this.#open.has(socketId)
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
