import { once } from 'node:events'
import { portOf } from '@pingerchips/conformance/app'
import { PingerchipsServer } from '@pingerchips/core'
import { pingerchips } from '@pingerchips/express'
import { defaultApp, startLocal } from '@pingerchips/local'
import express from 'express'
import pusherJs from 'pusher-js'
import { expect, onTestFinished, test } from 'vitest'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default

test('pusher-js subscribes to a private channel as the member that authorize returns', async () => {
  const service = await startLocal()
  onTestFinished(() => service.close())
  const client = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })
  const app = express().use(pingerchips({ client, authorize: () => ({ user_id: '1', user_info: { name: 'Ada' } }) }))
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${portOf(server)}/pingerchips/auth`
  const pusher = new Pusher(defaultApp.key, {
    cluster: 'local',
    wsHost: '127.0.0.1',
    wsPort: service.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    // In Node pusher-js has no XMLHttpRequest of the browser's; the response is passed on as its own transport does.
    channelAuthorization: {
      customHandler: (
        { socketId, channelName }: { socketId: string; channelName: string },
        callback: (error: null, auth: { auth: string }) => void,
      ) => {
        const body = new URLSearchParams({ socket_id: socketId, channel_name: channelName })
        fetch(endpoint, { method: 'POST', body })
          .then((response) => response.json() as Promise<{ auth: string }>)
          .then((auth) => callback(null, auth as { auth: string }))
      },
    },
  })
  onTestFinished(() => pusher.disconnect())
  const outcome = await new Promise((resolve) => {
    const channel = pusher.subscribe('private-room')
    channel.bind('pusher:subscription_succeeded', () => resolve('subscribed'))
    channel.bind('pusher:subscription_error', resolve)
  })
  expect(outcome).toBe('subscribed')
})
