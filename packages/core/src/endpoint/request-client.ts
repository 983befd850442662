import type { PingerchipsServer } from '../server.ts'

/** What a route handler finds on its request: the app's client, ready to trigger. */
export interface RequestPingerchips {
  /** The client that serves this request. */
  readonly client: PingerchipsServer
  /** {@link PingerchipsServer.trigger} of {@link RequestPingerchips.client}; it may be taken off and called alone. */
  readonly trigger: PingerchipsServer['trigger']
}

/** Makes what a route handler finds. The client is looked up on first use: most requests trigger nothing. */
export function requestPingerchips(client: () => PingerchipsServer): RequestPingerchips {
  return {
    get client() {
      return client()
    },
    trigger: (...event) => client().trigger(...event),
  }
}
