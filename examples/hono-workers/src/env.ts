import type { PingerchipsEnv } from '@pingerchips/hono'

/** The secrets arrive as `c.env`, `PINGERCHIPS_APP_ID` and its like among them. */
export interface AppEnv extends PingerchipsEnv {
  Bindings: { JWT_SECRET: string }
}
