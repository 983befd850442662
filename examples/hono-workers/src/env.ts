import type { PingerchipsEnv } from '@pingerchips/hono'

/** The secrets are in `c.env`, together with `PINGERCHIPS_APP_ID` and the others. */
export interface AppEnv extends PingerchipsEnv {
  Bindings: { JWT_SECRET: string }
}
