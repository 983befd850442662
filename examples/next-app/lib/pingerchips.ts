import { PingerchipsServer } from '@pingerchips/core'

let client: PingerchipsServer | undefined

/** Made on first use: `next build` loads every route and has no secrets. */
export function pingerchips(): PingerchipsServer {
  client ??= PingerchipsServer.fromEnv()
  return client
}
