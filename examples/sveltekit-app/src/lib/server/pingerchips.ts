import { PingerchipsServer } from '@pingerchips/core'
import { env } from '$env/dynamic/private'

/** `fromEnv` returns the same client each time. It is called with a request: a build has no secrets. */
export const pingerchips = (): PingerchipsServer => PingerchipsServer.fromEnv(env)
