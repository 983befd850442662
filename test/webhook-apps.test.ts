import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PingerchipsServer } from '@pingerchips/core'
import { defaultApp, startLocal } from '@pingerchips/local'
import pusherJs from 'pusher-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from './serve.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const PusherClient = pusherJs as unknown as typeof pusherJs.default

const kinds = [
  'cache_miss',
  'channel_occupied',
  'channel_vacated',
  'client_event',
  'member_added',
  'member_removed',
  'subscription_count',
]

/** Milliseconds that the app is away. */
const outage = 10_000

/** The app of a framework in another process, on a fixed port. Each event of a webhook is a line of its output. */
async function startApp(framework: string, port: number, url: string, received: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['reporting-app.mjs', framework, String(port)], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      PINGERCHIPS_APP_ID: defaultApp.id,
      PINGERCHIPS_APP_KEY: defaultApp.key,
      PINGERCHIPS_APP_SECRET: defaultApp.secret,
      PINGERCHIPS_ENDPOINT: url,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  lines.on('line', (line) => received.push(line.replace('webhook ', '')))
  return child
}

describe.each(['express', 'fastify', 'hono', 'koa', 'h3', 'nodeHandler', 'fetchHandler'])(
  'webhooks to %s',
  (framework) => {
    test('each kind arrives, and after an outage of 10 s each event arrives once', async () => {
      const port = await freePort()
      const service = await startLocal({
        subscriptionCount: true,
        webhooks: `http://127.0.0.1:${port}/pingerchips/webhooks`,
      })
      onTestFinished(() => service.close())
      const received: string[] = []
      let accepted = 0
      service.onLog((entry) => {
        if (entry.type === 'webhook' && entry.status === 200) accepted += entry.events.length
      })
      const signer = new PingerchipsServer(defaultApp.id, defaultApp.secret, { appKey: defaultApp.key })
      const subscribeToAll = async (name: string): Promise<void> => {
        const client = new PusherClient(defaultApp.key, {
          wsHost: service.host,
          wsPort: service.port,
          forceTLS: false,
          enabledTransports: ['ws'],
          cluster: 'local',
          channelAuthorization: {
            customHandler: ({ socketId, channelName }, callback) =>
              callback(null, signer.authenticate(socketId, channelName, { user_id: name }) as never),
          },
        })
        const succeeded = (channel: string) =>
          new Promise((resolve) => client.subscribe(channel).bind('pusher:subscription_succeeded', resolve))
        await Promise.all([succeeded(`presence-${name}`), succeeded(`cache-${name}`)])
        // pusher-js sends in a later turn of the event loop, and not after disconnect().
        const sent = new Promise<void>((resolve) => {
          const end = service.onLog((entry) => {
            if (entry.type !== 'event') return
            end()
            resolve()
          })
        })
        client.channel(`presence-${name}`)?.trigger('client-typing', { name })
        await sent
        client.disconnect()
      }
      const namesOf = (channel: string) => {
        const events = received.map((line) => JSON.parse(line)).filter((event) => event.channel.endsWith(channel))
        return [...new Set(events.map(({ name }) => name))].sort()
      }

      const app = await startApp(framework, port, service.url, received)
      await subscribeToAll('before')
      await expect.poll(() => namesOf('before'), { timeout: 20_000 }).toEqual(kinds)

      // An app that is killed before it responds receives a webhook again.
      await expect.poll(() => accepted).toBe(received.length)
      const ended = once(app, 'exit')
      app.kill('SIGKILL')
      await ended
      const away = new Promise((resolve) => setTimeout(resolve, outage))
      await subscribeToAll('during')
      await away
      expect(namesOf('during')).toEqual([])
      await startApp(framework, port, service.url, received)
      await expect.poll(() => namesOf('during'), { timeout: 60_000 }).toEqual(kinds)
      expect(new Set(received).size).toBe(received.length)
    }, 120_000)
  },
)
