import pusherJs from 'pusher-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { channelAuth, connect, hmac, next, start, startLogged } from './harness.ts'

// Under nodenext its types promise a `default` property; what Node imports is the class itself.
const PusherClient = pusherJs as unknown as typeof pusherJs.default

const channel = 'private-orders'
const member = '{"user_id":"1","user_info":{"name":"Ada"}}'

/** The real pusher-js, whose auth endpoint signs the member and returns its text in `fields`. */
async function subscribeWith(fields: readonly string[], signed: string = member) {
  const { service, upTo } = await startLogged()
  const client = new PusherClient('local-key', {
    wsHost: service.host,
    wsPort: service.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    cluster: 'local',
    channelAuthorization: {
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, {
          auth: `local-key:${hmac(`${socketId}:${channelName}:${signed}`)}`,
          ...Object.fromEntries(fields.map((field) => [field, member])),
        }),
    },
  })
  onTestFinished(() => client.disconnect())
  return { subscription: client.subscribe(channel), upTo }
}

describe('a member for a private channel', () => {
  test('subscribes pusher-js if the endpoint returns channel_data and user_data', async () => {
    const { subscription } = await subscribeWith(['channel_data', 'user_data'])
    await next(subscription, 'pusher:subscription_succeeded')
  })

  test.each([[['user_data']], [[]]])('pusher-js forwards nothing of %j: the explanation says so', async (fields) => {
    const { subscription, upTo } = await subscribeWith(fields)
    await next(subscription, 'pusher:subscription_error')
    const refused = (await upTo('subscription_refused')).at(-1)
    const text = refused?.type === 'subscription_refused' ? refused.explanation?.text : undefined
    expect(text).toMatch(/pusher-js forwards only channel_data, pingerchips-js only user_data/)
    expect(text).not.toMatch(/Most likely the secret is wrong/)
  })

  test('a text that is forwarded and not signed is explained', async () => {
    const { service, upTo } = await startLogged()
    const client = await connect(service)
    await client.subscribe(channel, { auth: channelAuth(client, channel), channel_data: member })
    const refused = (await upTo('subscription_refused')).at(-1)
    expect(refused).toMatchObject({ explanation: { text: expect.stringMatching(/signed without channel_data/) } })
  })

  test.each(['channel_data', 'user_data'])(
    'the service verifies the text that the client forwards: %s',
    async (field) => {
      const client = await connect(await start())
      const auth = channelAuth(client, channel, member)
      expect(await client.subscribe(channel, { auth, [field]: member })).toMatchObject({
        event: 'pusher_internal:subscription_succeeded',
      })
    },
  )

  test('a presence channel takes no user_data for its member, and says so', async () => {
    const { service, upTo } = await startLogged()
    const client = await connect(service)
    await client.subscribe('presence-a', { auth: channelAuth(client, 'presence-a', member), user_data: member })
    const refused = (await upTo('subscription_refused')).at(-1)
    expect(refused).toMatchObject({ explanation: { text: expect.stringMatching(/user_data.*channel_data/) } })
  })
})
