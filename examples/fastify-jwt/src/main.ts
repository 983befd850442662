import { PingerchipsServer } from '@pingerchips/core'
import { createApp } from './app.ts'

await createApp(PingerchipsServer.fromEnv()).listen({ port: Number(process.env.PORT ?? 3006) })
