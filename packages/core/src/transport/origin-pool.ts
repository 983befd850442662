import { AsyncResource } from 'node:async_hooks'
import type { Socket } from 'node:net'
import type { buildConnector, Dispatcher } from 'undici'
import type { ClientTls, TransportOptions, UndiciDispatcher } from './transport.ts'

export type Undici = typeof import('undici')

/** Most connections to one origin. Further requests wait for a free one. */
export const maxConnections = 64

/** A request's way through undici. */
export interface Turn {
  /** Whether a client of undici has taken the request. */
  isTaken: boolean
  /** The async context of the caller, for a request that undici has queued. */
  context: AsyncResource | undefined
}

/** Options of a dispatch. undici ignores the property `turn`, and copies it. */
export interface DispatchOptions extends Dispatcher.DispatchOptions {
  readonly turn: Turn
}

/**
 * The connections to one origin and the requests that wait for one.
 *
 * undici has a queue too, but it keeps a request that was cancelled until its turn: while no connection is made, cancelled
 * requests would pile up there. It holds a request at most until a connection that has just been used can be used again.
 */
export class OriginPool {
  readonly origin: string
  readonly #undici: Undici
  readonly #options: TransportOptions
  readonly #onIdle: (pool: OriginPool) => void
  /** Starts each waiting request. */
  readonly #waiting = new Map<object, () => void>()
  /** Open sockets, and those that are connecting. */
  readonly #sockets = new Set<Socket>()
  #free = maxConnections
  #dispatcher: Dispatcher | undefined
  /** Whether a dispatcher of the app sends the requests. */
  #isOfApp = false

  /** @param onIdle called when the last request has ended */
  constructor(origin: string, undici: Undici, options: TransportOptions, onIdle: (pool: OriginPool) => void) {
    this.origin = origin
    this.#undici = undici
    this.#options = options
    this.#onIdle = onIdle
  }

  /**
   * Takes a connection. {@link OriginPool.release} must follow.
   * @returns `undefined` if one is free, else a promise that resolves when one is. It stays pending if `request` is cancelled
   */
  acquire(request: object): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--
      return undefined
    }
    return new Promise((resolve) => this.#waiting.set(request, resolve))
  }

  /** Removes a waiting request. */
  cancel(request: object): void {
    this.#waiting.delete(request)
  }

  /** Gives the connection to the next waiting request. */
  release(): void {
    // undici uses a connection again one turn of the event loop later. Before that, a dispatcher without a limit makes
    // another one.
    if (this.#isOfApp) setImmediate(() => setImmediate(() => this.#releaseNow()))
    else this.#releaseNow()
  }

  #releaseNow(): void {
    for (const [request, start] of this.#waiting) {
      this.#waiting.delete(request)
      start()
      return
    }
    this.#free++
    if (this.#free === maxConnections) this.#onIdle(this)
  }

  dispatch(options: DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const { dispatcher = globalDispatcher(this.#options.tls !== undefined) } = this.#options
    this.#isOfApp = dispatcher !== undefined
    const chosen = (dispatcher as Dispatcher | undefined) ?? this.#own()
    chosen.dispatch(options, handler)
    // Only if queued: it costs 1 to 2 µs.
    if (!options.turn.isTaken) options.turn.context = new AsyncResource('PINGERCHIPS_REQUEST')
  }

  /** Aborts what is in flight. */
  async close(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    await this.#dispatcher?.destroy()
    // undici leaves sockets that are still connecting to their timeout, and the process would wait for it.
    for (const socket of this.#sockets) socket.destroy(new Error('closed'))
    await Promise.all(closed)
  }

  #own(): Dispatcher {
    this.#dispatcher ??= hasProxy() ? this.#proxies() : this.#pool(this.origin, this.#connector(this.#options.tls))
    return this.#dispatcher
  }

  #pool(origin: string | URL, connect: buildConnector.connector): Dispatcher {
    const { Client, Pool } = this.#undici
    return new Pool(origin, {
      factory: (origin, options) => inCallersContext(new Client(origin, options)),
      connections: maxConnections,
      // If a connection with pipelined events breaks, it is unknown which of them were delivered.
      pipelining: 1,
      connect: (options, callback) => {
        // The connector returns the socket, though its type does not say so.
        const socket: unknown = connect(options, (...result) => {
          this.#track(result[1])
          callback(...result)
        })
        this.#track(socket)
      },
    })
  }

  /** Chooses by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
  #proxies(): Dispatcher {
    const { tls } = this.#options
    const connect = this.#connector(tls)
    const withConnector = (origin: string | URL, { connect }: { connect: buildConnector.connector }) =>
      this.#pool(origin, connect)
    return new this.#undici.EnvHttpProxyAgent({
      connect,
      ...(tls && { requestTls: { ...tls } }),
      // Many proxies allow CONNECT only to port 443; http goes as an absolute URL (RFC 9112, section 3.2.2).
      proxyTunnel: false,
      factory: withConnector as never,
      clientFactory: withConnector as never,
    })
  }

  #connector(tls: ClientTls | undefined): buildConnector.connector {
    return this.#undici.buildConnector({ ...tls })
  }

  #track(socket: unknown): void {
    // The connector of a proxy returns a promise.
    if (!isSocket(socket) || this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A TLS alert leaves the socket open, and undici would report only the end that follows.
    socket.on('error', (error) => socket.destroy(error))
  }
}

/**
 * Sends queued requests in the async context of their callers. undici takes them from its queue in that of another request,
 * and an instrumentation would write the trace of that one's user into the headers.
 */
function inCallersContext(client: Dispatcher): Dispatcher {
  const dispatch = client.dispatch.bind(client)
  client.dispatch = (options, handler) => {
    // A CONNECT of undici's own has none.
    const { turn } = options as Partial<DispatchOptions>
    if (turn !== undefined) turn.isTaken = true
    if (turn?.context === undefined) return dispatch(options, handler)
    return turn.context.runInAsyncScope(dispatch, undefined, options, handler)
  }
  return client
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'setNoDelay' in value
}

function hasProxy(): boolean {
  const { env } = process
  return [env.https_proxy, env.HTTPS_PROXY, env.http_proxy, env.HTTP_PROXY].some(
    (url) => url !== undefined && url !== '',
  )
}

/** Global dispatchers that an app sets on purpose. undici sets a plain `Agent` by itself. */
const mocks = ['MockAgent']
const chosenByApp = [...mocks, 'ProxyAgent', 'EnvHttpProxyAgent', 'Socks5ProxyAgent']
const globals = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')] as const

/**
 * The mock or the proxy that the app has passed to `setGlobalDispatcher`, of any copy of undici: copies share the symbols.
 * @param hasTls whether the client has TLS settings of its own, which a global proxy would not use
 */
function globalDispatcher(hasTls: boolean): UndiciDispatcher | undefined {
  const names = hasTls ? mocks : chosenByApp
  for (const symbol of globals) {
    const dispatcher = (globalThis as Record<symbol, unknown>)[symbol]
    if (
      typeof dispatcher === 'object' &&
      dispatcher !== null &&
      classNames(dispatcher).some((name) => names.includes(name))
    )
      return dispatcher as UndiciDispatcher
  }
  return undefined
}

const namesByPrototype = new WeakMap<object, readonly string[]>()

/** Names of an object's classes. */
function classNames(value: object): readonly string[] {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return []
  const known = namesByPrototype.get(prototype)
  if (known !== undefined) return known
  const names = [prototype.constructor.name, ...classNames(prototype)]
  namesByPrototype.set(prototype, names)
  return names
}
