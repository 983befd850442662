import { serve } from '@hono/node-server'
import { PingerchipsServer } from '@pingerchips/core'
import { createApp } from './app.ts'

serve({ fetch: createApp(PingerchipsServer.fromEnv()).fetch, port: Number(process.env.PORT ?? 3003) })
