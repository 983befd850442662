import type { PingerchipsServer } from '../server.ts'

/** What a route handler finds on its request: the app's client, ready to trigger. */
export class RequestPingerchips {
  readonly #client: () => PingerchipsServer

  /** @param client looked up on first use: most requests trigger nothing */
  constructor(client: () => PingerchipsServer) {
    this.#client = client
  }

  /** The client that serves this request. */
  get client(): PingerchipsServer {
    return this.#client()
  }

  /** {@link PingerchipsServer.trigger} of {@link RequestPingerchips.client}; it may be taken off and called alone. */
  readonly trigger: PingerchipsServer['trigger'] = (...event) => this.client.trigger(...event)
}
