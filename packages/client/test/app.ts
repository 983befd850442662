import { once } from 'node:events'
import type { Server } from 'node:http'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import { defaultApp, type LocalService, startLocal } from '@pingerchips/local'
import express, { type RequestHandler } from 'express'
import pusherJs from 'pusher-js'
import { onTestFinished } from 'vitest'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
export const Pusher = pusherJs as unknown as typeof pusherJs.default

/** Starts the local service until the test ends. */
export async function service(): Promise<LocalService> {
  const started = await startLocal()
  onTestFinished(() => started.close())
  return started
}

export const client = (local: LocalService): PingerchipsServer =>
  new PingerchipsServer(defaultApp.id, defaultApp.secret, {
    appKey: defaultApp.key,
    endpoint: local.url,
    protocol: 'pusher',
  })

/** The channels of every request that reached the app. */
export type Batches = string[][]

/** Listens on a free port until the test ends. */
export async function listen(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}/pingerchips/auth`
}

/** An Express app whose user `1` may subscribe to every channel but those that end with `-other`. */
export async function startApp(...inFront: RequestHandler[]): Promise<{ endpoint: string; batches: Batches }> {
  const batches: Batches = []
  const app = express()
  app.use(...inFront, (_req, _res, next) => next())
  app.use(
    pingerchips({
      client: new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key }),
      user: (req, { channel, channels = [channel ?? ''] }) => {
        batches.push([...channels])
        return req.headers.authorization === 'Bearer expired' ? null : { id: '1' }
      },
      authorize: ({ channel, kind, user }) => {
        if (channel.endsWith('-other')) return false
        return kind === 'presence' ? { user_id: user.id, user_info: { name: 'Ada', secret: 1 } } : true
      },
    }),
  )
  return { endpoint: await listen(app.listen(0, '127.0.0.1')), batches }
}

/** Connects pusher-js to the local service until the test ends. */
export function connect(local: LocalService, options: object): InstanceType<typeof Pusher> {
  const pusher = new Pusher(defaultApp.key, {
    cluster: 'local',
    wsHost: '127.0.0.1',
    wsPort: local.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    ...options,
  })
  onTestFinished(() => pusher.disconnect())
  return pusher
}

/** How a subscription ended: `subscribed`, or the message of its error. pusher-js passes the status of its own errors alone. */
export function outcome(pusher: InstanceType<typeof Pusher>, name: string): Promise<unknown> {
  return new Promise((resolve) => {
    const channel = pusher.subscribe(name)
    channel.bind('pusher:subscription_succeeded', () => resolve('subscribed'))
    channel.bind('pusher:subscription_error', ({ error = 'refused' }: { error?: string }) => resolve(error))
  })
}
