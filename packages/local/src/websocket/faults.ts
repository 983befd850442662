import type { RunningApps } from '../state/running-app.ts'

/** Which connections to end, and how. */
export interface DisconnectOptions {
  /**
   * A close code of the Pusher protocol, 4000 to 4299: clients do not reconnect after 4000 to 4099, reconnect after a
   * second after 4100 to 4199, and at once after 4200 to 4299. 1006 cuts TCP without a Close frame. Default: 4200.
   */
  readonly code?: number | undefined
  /** Ends only this connection. */
  readonly socketId?: string | undefined
  /** Ends only the connections that are signed in with this id. */
  readonly userId?: string | undefined
}

/** Connections to refuse. */
export interface RefuseOptions {
  /** A close code of the Pusher protocol, 4000 to 4299, such as 4100 (over capacity). */
  readonly code: number
  /** Number of connections, an integer of at least 1. Default: 1. */
  readonly times?: number | undefined
}

const reasons: Readonly<Record<number, string>> = {
  4003: 'The app is disabled',
  4004: 'The app is over its quota of connections',
  4100: 'The service is over capacity',
  4200: 'Reconnect at once',
  4202: 'The connection was inactive for too long',
}

/** Faults of the network between the service and its clients, for tests of reconnects and of slow networks. */
export class NetworkFaults {
  #refusals: number[] = []
  #latencyMs = 0

  /** Milliseconds that every frame to a client is delayed. */
  get latencyMs(): number {
    return this.#latencyMs
  }

  /** @throws {TypeError} for a number out of its limits */
  setLatency(ms: number): void {
    assert(typeof ms === 'number' && ms >= 0 && ms <= 60_000, 'setLatency: the latency', 'from 0 to 60000 ms', ms)
    this.#latencyMs = ms
  }

  /** @throws {TypeError} for an option out of its limits */
  refuse({ code, times = 1 }: RefuseOptions): void {
    assert(isCode(code), 'refuseConnections: code', 'an integer from 4000 to 4299', code)
    assert(Number.isInteger(times) && times >= 1, 'refuseConnections: times', 'an integer of at least 1', times)
    for (let i = 0; i < times && this.#refusals.length < 10_000; i += 1) this.#refusals.push(code)
  }

  /** The code to refuse the next connection with, if it is to be refused. */
  nextRefusal(): { readonly code: number; readonly reason: string } | undefined {
    const code = this.#refusals.shift()
    return code === undefined ? undefined : { code, reason: reasonOf(code) }
  }
}

/**
 * Ends connections.
 * @returns their number
 * @throws {TypeError} for a code out of its limits
 */
export function disconnect(apps: RunningApps, { code = 4200, socketId, userId }: DisconnectOptions = {}): number {
  assert(code === 1006 || isCode(code), 'disconnect: code', '1006 or an integer from 4000 to 4299', code)
  let count = 0
  for (const app of apps.byId.values())
    for (const connection of [...app.connections.values()]) {
      if (socketId !== undefined && connection.socketId !== socketId) continue
      if (userId !== undefined && app.users.idOf(connection) !== userId) continue
      if (code === 1006) connection.cut()
      else connection.end(code, reasonOf(code))
      count += 1
    }
  return count
}

function isCode(code: unknown): boolean {
  return typeof code === 'number' && Number.isInteger(code) && code >= 4000 && code <= 4299
}

function reasonOf(code: number): string {
  return reasons[code] ?? 'Closed at the request of a test'
}

function assert(isValid: boolean, name: string, expected: string, received: unknown): void {
  if (!isValid) throw new TypeError(`${name} must be ${expected} (received ${String(received)}).`)
}
