import { PingerchipsServer } from '@pingerchips/core'
import { createApp } from './app.ts'

createApp(PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' })).listen(Number(process.env.PORT ?? 3005))
