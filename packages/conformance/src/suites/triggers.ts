import { PingerchipsServer } from '@pingerchips/core'
import { type LocalService, startLocal } from '@pingerchips/local'
import pusherJs from 'pusher-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appFailed, appKey, appSecret, routeResponse } from '../app/harness.ts'
import { shipped } from '../app/test-app.ts'
import { type OpenedApp, overSocket, recordingWith, type Subject, useApp } from './opened-app.ts'

/** pusher-js is CommonJS whose types declare a `default` that the module does not have. */
const Pusher = pusherJs as unknown as typeof pusherJs.default
const [channelName, eventName, data] = shipped

/** Events that a route handler triggers reach a real client library. */
export function triggers(subject: Subject): void {
  let service: LocalService
  let client: PingerchipsServer
  const subscribers: InstanceType<typeof Pusher>[] = []
  beforeAll(async () => {
    service = await startLocal({ apps: [{ id: '3', key: appKey, secret: appSecret }] })
    client = new PingerchipsServer('3', appSecret, { appKey, endpoint: service.url })
    for (let i = 0; i < 2; i++)
      subscribers.push(
        new Pusher(appKey, {
          cluster: 'local',
          wsHost: '127.0.0.1',
          wsPort: service.port,
          forceTLS: false,
          enabledTransports: ['ws'],
        }),
      )
    for (const subscriber of subscribers)
      await new Promise((resolve) => subscriber.subscribe(channelName).bind('pusher:subscription_succeeded', resolve))
  })
  afterAll(async () => {
    for (const subscriber of subscribers) subscriber.disconnect()
    await client.close()
    await service.close()
  })
  const signed = useApp(subject, 'none', { endpoint: () => service.url })
  const pusher = useApp(subject, 'none', { endpoint: () => service.url, protocol: 'pusher' })

  /** The events that each subscriber receives while the requests run. */
  const received = async (sendRequests: () => Promise<void>) => {
    const all = subscribers.map(() => [] as unknown[])
    const marked = subscribers.map((subscriber, index) => {
      const channel = subscriber.channel(channelName)
      channel.unbind()
      channel.bind(eventName, (event: unknown) => all[index]?.push(event))
      return new Promise((resolve) => channel.bind('marker', resolve))
    })
    await sendRequests()
    await client.trigger(channelName, 'marker', 1)
    await Promise.all(marked)
    return all
  }
  const post = async (app: OpenedApp, path: string, headers = {}) => {
    const reply = await overSocket(app)({ method: 'POST', path, headers, body: new Uint8Array() })
    return [reply.status, JSON.parse(reply.body)]
  }
  const ok = [200, routeResponse]

  test('trigger reaches every subscriber', async () => {
    const all = await received(async () => expect(await post(signed, '/shipped')).toEqual(ok))
    expect(all).toEqual([[data], [data]])
  })
  test('toOthers leaves out the sender of the request', async () => {
    const sender = { 'x-socket-id': subscribers[0]?.connection.socket_id }
    const all = await received(async () => expect(await post(pusher, '/to-others', sender)).toEqual(ok))
    expect(all).toEqual([[], [data]])
  })
  test('toOthers without a socket id reaches every subscriber', async () => {
    const all = await received(async () => expect(await post(pusher, '/to-others')).toEqual(ok))
    expect(all).toEqual([[data], [data]])
  })
  test('toOthers with a malformed socket id reaches every subscriber', async () => {
    const bad = { 'x-socket-id': '1.1:private-b' }
    const all = await received(async () => expect(await post(pusher, '/to-others', bad)).toEqual(ok))
    expect(all).toEqual([[data], [data]])
  })
  test('toOthers over a protocol that cannot exclude a socket fails', async () => {
    expect(await post(signed, '/to-others', { 'x-socket-id': '1.1' })).toEqual([500, appFailed])
    const { errors } = await signed.running.takeRecording()
    expect(errors).toMatchObject([{ code: 'invalid_argument', argument: 'options.socketId' }])
  })
  test('an event in the background arrives', async () => {
    const arrived = new Promise((resolve) => subscribers[0]?.channel(channelName).bind(eventName, resolve))
    expect(await post(signed, '/in-background')).toEqual(ok)
    expect(await arrived).toEqual(data)
  })
  test("a failure in the background reaches the client's onBackgroundError", async () => {
    expect(await post(signed, '/fails-in-background')).toEqual(ok)
    await recordingWith(signed, ({ backgroundErrors: [error] }) => error?.message === 'the event was lost')
  })
}
