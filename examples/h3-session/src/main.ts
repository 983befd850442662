import { PingerchipsServer } from '@pingerchips/core'
import { serve } from 'h3'
import { createApp } from './app.ts'

serve(createApp(PingerchipsServer.fromEnv()), { port: Number(process.env.PORT ?? 3005) })
