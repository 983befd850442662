import { PingerchipsServer } from '../client.ts'
import { describeType, invalidArgument } from '../errors.ts'
import { reportError } from '../internal/notify.ts'
import { isSocketId } from '../internal/validate.ts'
import { type Awaitable, ignoreRejection, isPromiseLike, withTimeout } from './run-callback.ts'

/** The option `client`: a client, a function that returns one for each request, or nothing for the environment's. */
export type ClientOption<Request, Context> =
  | PingerchipsServer
  | ((request: Request, context: Context) => Awaitable<PingerchipsServer>)
  | undefined

/** @throws {TypeError} if the option is none of them */
export function assertClientOption(client: unknown): void {
  if (client === undefined || typeof client === 'function' || isClient(client)) return
  throw invalidArgument(
    'options.client',
    `must be a PingerchipsServer, a function that returns one, or left out for the environment's (received ${describeType(client)})`,
  )
}

/**
 * The client for a request. A function is called each time: nothing is kept. The environment's is kept by `fromEnv`.
 * @throws {TypeError} if a variable is missing in the environment, or the function returns no client
 */
export function resolveClient<Request, Context>(
  client: ClientOption<Request, Context>,
  request: Request,
  context: Context,
  timeout: number,
): Awaitable<PingerchipsServer> {
  if (client === undefined) return environmentClient()
  if (typeof client !== 'function') return client
  const result = client(request, context)
  return isPromiseLike(result) ? withTimeout('client', timeout, result).then(toClient) : toClient(result)
}

/** The client that needs no request: that of the option, or the environment's; `undefined` if there is none. */
export function knownClient(client: unknown): PingerchipsServer | undefined {
  if (client !== undefined) return isClient(client) ? client : undefined
  try {
    return PingerchipsServer.fromEnv()
  } catch {
    // The variables are missing: reported where a client is needed.
    return undefined
  }
}

function environmentClient(): PingerchipsServer {
  try {
    return PingerchipsServer.fromEnv()
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    const error = invalidArgument(
      'options.client',
      `was left out, and no client can be made from the environment: ${cause.message}. Set the variable, or pass a client`,
    )
    error.cause = cause
    throw error
  }
}

function toClient(value: unknown): PingerchipsServer {
  if (isClient(value)) return value
  throw invalidArgument('options.client', `must return a PingerchipsServer (received ${describeType(value)})`)
}

/** By what it does, not by `instanceof`: an app may hold two copies of this package. */
function isClient(value: unknown): value is PingerchipsServer {
  if (typeof value !== 'object' || value === null) return false
  const { authenticate, trigger } = value as Partial<PingerchipsServer>
  return typeof authenticate === 'function' && typeof trigger === 'function'
}

/** What a {@link RequestClient} needs of its request. */
export interface RequestClientDetails {
  /** The endpoint that it belongs to. */
  readonly endpoint: object
  /** The client for the request. */
  resolveClient(): Awaitable<PingerchipsServer>
  /** A header of the request, by its lower-case name. */
  header(name: string): string | undefined
  /** The `waitUntil` of a runtime that ends with the response; left out where the process continues. */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}

/** The app's client on a request (`req.pingerchips`), for route handlers. */
export class RequestClient {
  readonly #details: RequestClientDetails
  #client: Awaitable<PingerchipsServer> | undefined

  /** For adapters: `endpoint.requestClient(…)` makes it. */
  constructor(details: RequestClientDetails) {
    this.#details = details
  }

  /** Whether a value is the client that an endpoint has put on a request; `undefined` for any other value. */
  static endpointOf(value: unknown): object | undefined {
    if (typeof value !== 'object' || value === null) return undefined
    try {
      // Not `#details in value`, which the parser of Next.js 13.4 cannot read.
      return (value as RequestClient).#details.endpoint
    } catch {
      return undefined
    }
  }

  /**
   * The client that serves this request.
   * @throws {TypeError} if `options.client` returned a promise: use {@link RequestClient.resolveClient}
   */
  get client(): PingerchipsServer {
    const client = this.#resolve()
    if (!isPromiseLike(client)) return client
    throw invalidArgument('options.client', 'returned a promise here: await resolveClient() instead of reading client')
  }

  /** The client that serves this request, also where `options.client` is an async function. */
  async resolveClient(): Promise<PingerchipsServer> {
    return this.#resolve()
  }

  /** Looked up once for each request, on first use, since most requests trigger nothing. A failure is not kept. */
  #resolve(): Awaitable<PingerchipsServer> {
    if (this.#client !== undefined) return this.#client
    const client = this.#details.resolveClient()
    this.#client = client
    if (isPromiseLike(client))
      client.then(
        (resolved) => {
          this.#client = resolved
        },
        () => {
          this.#client = undefined
        },
      )
    return client
  }

  /** {@link PingerchipsServer.trigger} of the client. The method may be detached from this object. */
  get trigger(): PingerchipsServer['trigger'] {
    return (async (...event: Parameters<PingerchipsServer['trigger']>) =>
      (await this.#resolve()).trigger(...event)) as PingerchipsServer['trigger']
  }

  /**
   * Triggers for all subscribers but the sender: the connection whose socket id the browser sent as `X-Socket-ID`
   * (`pusher.connection.socket_id`). If that header is missing or malformed, all subscribers receive the event, so that a
   * browser cannot withhold it. Needs `protocol: 'pusher'`.
   *
   * @throws {TypeError} (as a rejection of `trigger`) if the protocol cannot exclude a connection
   */
  toOthers(): { readonly trigger: PingerchipsServer['trigger'] } {
    const trigger = async (...[channel, event, data, options]: Parameters<PingerchipsServer['trigger']>) => {
      const socketId = this.#details.header('x-socket-id')
      const client = await this.#resolve()
      return client.trigger(channel, event, data, isSocketId(socketId) ? { ...options, socketId } : options)
    }
    return { trigger: trigger as PingerchipsServer['trigger'] }
  }

  /**
   * Lets work go on after the response: `req.pingerchips.waitUntil(req.pingerchips.trigger(…))`. The promise is passed to
   * the runtime's `waitUntil` if there is one, an error goes to the client's `onBackgroundError`, and the client's
   * `close()` waits for it.
   */
  waitUntil(promise: Promise<unknown>): void {
    ignoreRejection(promise)
    const client = this.#resolve()
    const settled = isPromiseLike(client)
      ? Promise.resolve(client).then((resolved) => resolved.waitUntil(promise), reportError)
      : client.waitUntil(promise)
    this.#details.waitUntil?.(settled)
  }
}
