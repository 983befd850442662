import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Log } from '../src/log/log.ts'
import { RateLimit } from '../src/rate-limit.ts'
import { runApps } from '../src/running-app.ts'
import type { Connection } from '../src/socket/connection.ts'
import { signIn } from '../src/socket/sign-in.ts'
import { subscribe } from '../src/socket/subscribe.ts'
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

/** The connection of the published socket id, and what it is sent. */
function published(): { connection: Connection; frames: unknown[] } {
  const running = runApps([app], 1, Date.now, new Log(Date.now)).byId.get(app.id)
  if (running === undefined) throw new Error('no app')
  const frames: unknown[] = []
  const connection: Connection = {
    app: running,
    socketId: '1234.1234',
    clientEventLimit: new RateLimit(1, Date.now),
    send: (frame) => frames.push(JSON.parse(frame)),
    end: () => {},
  }
  return { connection, frames }
}

test.each(subscriptions)('the published signature of $channel lets 1234.1234 in', ({ answer, ...data }) => {
  const { connection, frames } = published()
  subscribe(connection, { event: 'pusher:subscribe', data })
  expect(frames).toEqual([{ event: 'pusher_internal:subscription_succeeded', channel: data.channel, data: answer }])
})

test('the published signature of a user signs 1234.1234 in', () => {
  const { connection, frames } = published()
  const userData = '{"id":"12345"}'
  const auth = `${app.key}:4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba`
  signIn(connection, { event: 'pusher:signin', data: { auth, user_data: userData } })
  expect(frames).toEqual([{ event: 'pusher:signin_success', data: JSON.stringify({ user_data: userData }) }])
  expect(connection.app.users.idOf(connection)).toBe('12345')
})

test('the published REST request is served at its time', async () => {
  const body = '{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'
  const bodyMd5 = createHash('md5').update(body).digest('hex')
  expect(bodyMd5).toBe('ec365a775a4cd0599faeb73354201b6f')
  const service = await start({ apps: [app], now: () => 1353088179_000 })
  const query = `auth_key=${app.key}&auth_timestamp=1353088179&auth_version=1.0&body_md5=${bodyMd5}`
  const signature = 'da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c'
  const answer = await ask(service, { path: `/apps/3/events?${query}&auth_signature=${signature}`, body })
  expect(answer).toMatchObject({ status: 200, body: {} })
})
