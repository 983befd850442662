import type { PingerchipsServer } from '../server.ts'

/** What a route handler finds on its request: the app's client, ready to trigger. */
export class RequestPingerchips {
  readonly #lookUp: () => PingerchipsServer
  #client: PingerchipsServer | undefined

  /** @param lookUp called once, on first use: most requests trigger nothing */
  constructor(lookUp: () => PingerchipsServer) {
    this.#lookUp = lookUp
  }

  /** The client that serves this request. */
  get client(): PingerchipsServer {
    this.#client ??= this.#lookUp()
    return this.#client
  }

  /** {@link PingerchipsServer.trigger} of {@link RequestPingerchips.client}; it may be taken off and called alone. */
  readonly trigger: PingerchipsServer['trigger'] = (...event) => this.client.trigger(...event)
}
