import type { PingerchipsServer } from '../client.ts'
import { isSocketId } from '../internal/validate.ts'
import { ignoreRejection } from './run-callback.ts'

/** What a framework lends to the helpers of its requests: one object serves them all. */
export interface RequestPorts<Request> {
  /** A header of the request, by its lower-case name. */
  header(request: Request, name: string): string | undefined
  /** Where the runtime ends with the answer, what keeps it until a promise has settled; left out where it goes on anyway. */
  waitUntil?(request: Request, promise: Promise<unknown>): void
}

/** What a route handler finds on its request: the app's client, ready to trigger. */
export class RequestClient {
  readonly #clients: { client(request: unknown): PingerchipsServer }
  readonly #request: unknown
  readonly #ports: RequestPorts<unknown>
  #client: PingerchipsServer | undefined

  /** @param clients whoever knows the client for a request; asked once, on first use: most requests trigger nothing */
  constructor(
    clients: { client(request: unknown): PingerchipsServer },
    request: unknown,
    ports: RequestPorts<unknown>,
  ) {
    this.#clients = clients
    this.#request = request
    this.#ports = ports
  }

  /** The client that serves this request. */
  get client(): PingerchipsServer {
    this.#client ??= this.#clients.client(this.#request)
    return this.#client
  }

  /** {@link PingerchipsServer.trigger} of {@link RequestClient.client}; it may be taken off and called alone. */
  get trigger(): PingerchipsServer['trigger'] {
    return (async (...event: Parameters<PingerchipsServer['trigger']>) =>
      this.client.trigger(...event)) as PingerchipsServer['trigger']
  }

  /**
   * Triggers for everyone but the sender: the connection whose socket id the browser has sent as `X-Socket-ID`
   * (`pusher.connection.socket_id`). For everyone where that header is missing, or holds what is no socket id: a browser
   * cannot keep an event from the others by it. Over the `pusher` protocol alone.
   *
   * @throws {TypeError} (as a rejection of `trigger`) if the protocol leaves nobody out
   */
  toOthers(): { readonly trigger: PingerchipsServer['trigger'] } {
    const trigger = async (...[channel, event, data, options]: Parameters<PingerchipsServer['trigger']>) => {
      const socketId = this.#ports.header(this.#request, 'x-socket-id')
      if (!isSocketId(socketId)) return this.client.trigger(channel, event, data, options)
      return this.client.trigger(channel, event, data, { ...options, socketId })
    }
    return { trigger: trigger as PingerchipsServer['trigger'] }
  }

  /**
   * Lets the answer go out without waiting: `req.pingerchips.waitUntil(req.pingerchips.trigger(…))`. The promise is
   * handed to the runtime's `waitUntil` where there is one, a failure goes to the client's `onError`, and the client's
   * `close()` waits for it.
   */
  waitUntil(promise: Promise<unknown>): void {
    ignoreRejection(promise)
    const settled = this.client.waitUntil(promise)
    this.#ports.waitUntil?.(this.#request, settled)
  }
}
