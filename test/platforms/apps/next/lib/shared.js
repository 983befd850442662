// Shared by the server and the browser, as helpers often are.
import { PingerchipsServer } from '@pingerchips/core'

export const room = (id) => `private-${id}`
export const client = () => PingerchipsServer.fromEnv()
