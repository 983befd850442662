import { PingerchipsServer } from '@pingerchips/core'

/** `fromEnv` returns the same client each time. It is called with a request: `next build` has no secrets. */
export const pingerchips = (): PingerchipsServer => PingerchipsServer.fromEnv()
