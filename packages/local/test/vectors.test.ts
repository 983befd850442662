import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { resolveOptions } from '../src/options.ts'
import type { Connection } from '../src/state/connections.ts'
import { Log } from '../src/state/log.ts'
import { RateLimit } from '../src/state/rate-limit.ts'
import { runApps } from '../src/state/running-app.ts'
import { signIn } from '../src/websocket/sign-in.ts'
import { subscribe } from '../src/websocket/subscribe.ts'
import { ask, start } from './harness.ts'

// Published by Pusher with its libraries and documentation.
const app = { id: '3', key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' }

const subscriptions = [
  {
    channel: 'private-foobar',
    auth: `${app.key}:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4`,
    answer: '{}',
  },
  {
    channel: 'presence-foobar',
    auth: `${app.key}:31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80`,
    channel_data: '{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
    answer: '{"presence":{"count":1,"ids":["10"],"hash":{"10":{"name":"Mr. Channels"}}}}',
  },
]

/** A connection with the published socket id, and the frames that it receives. */
function published() {
  const running = runApps(resolveOptions({ apps: [app] }), new Log(Date.now)).byId.get(app.id)
  if (running === undefined) throw new Error('The app is missing')
  const frames: unknown[] = []
  const connection: Connection = {
    socketId: '1234.1234',
    clientEventLimit: new RateLimit(1, Date.now),
    send: (frame) => frames.push(JSON.parse(frame)),
    end: () => {},
    cut: () => {},
  }
  return { running, connection, frames }
}

test.each(subscriptions)('accepts the published signature of $channel', ({ answer, ...data }) => {
  const { running, connection, frames } = published()
  subscribe(running, connection, { event: 'pusher:subscribe', data })
  expect(frames).toEqual([{ event: 'pusher_internal:subscription_succeeded', channel: data.channel, data: answer }])
})

test('accepts the published signature of a user', () => {
  const { running, connection, frames } = published()
  const userData = '{"id":"12345"}'
  const auth = `${app.key}:4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba`
  signIn(running, connection, { event: 'pusher:signin', data: { auth, user_data: userData } })
  expect(frames).toEqual([{ event: 'pusher:signin_success', data: JSON.stringify({ user_data: userData }) }])
  expect(running.users.idOf(connection)).toBe('12345')
})

test('accepts the published HTTP API request at its time', async () => {
  const body = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
  const bodyMd5 = createHash('md5').update(body).digest('hex')
  expect(bodyMd5).toBe('ec365a775a4cd0599faeb73354201b6f')
  const service = await start({ apps: [app], now: () => 1353088179_000 })
  const query = `auth_key=${app.key}&auth_timestamp=1353088179&auth_version=1.0&body_md5=${bodyMd5}`
  const signature = 'da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c'
  const answer = await ask(service, { path: `/apps/3/events?${query}&auth_signature=${signature}`, body })
  expect(answer).toMatchObject({ status: 200, body: {} })
})
