import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { defaultApp } from '../src/index.ts'
import {
  ask,
  backend,
  channelAuth,
  connect,
  dial,
  enter,
  pusherRequest,
  signed,
  signIn,
  startLogged,
  userAuth,
} from './harness.ts'

const event = (channel: string) => JSON.stringify({ channel, event: 'greeting', data: { n: 1 } })

describe('the log contains', () => {
  test('connections and channels', async () => {
    const { service, upTo } = await startLogged({ now: () => 1_700_000_000_000 })
    const client = await connect(service)
    const { socketId } = client
    await client.subscribe('news')
    await enter(client, 'presence-room', 7, { name: 'Ada' })
    client.send({ event: 'pusher:unsubscribe', data: { channel: 'news' } })
    await client.pending()
    client.close()
    const stamp = { at: 1_700_000_000_000, app: 'local', socketId }
    expect(await upTo('disconnected')).toEqual([
      { ...stamp, type: 'connected' },
      { ...stamp, type: 'subscribed', channel: 'news', kind: 'public' },
      {
        ...stamp,
        type: 'subscribed',
        channel: 'presence-room',
        kind: 'presence',
        member: { user_id: '7', user_info: { name: 'Ada' } },
      },
      { ...stamp, type: 'unsubscribed', channel: 'news' },
      { ...stamp, type: 'unsubscribed', channel: 'presence-room' },
      { ...stamp, type: 'disconnected', code: 1005 },
    ])
  })

  test('the end of a connection that the service closes, at once and once', async () => {
    const { service, upTo, entries } = await startLogged()
    const client = await connect(service)
    await signIn(client, { id: 'ada' })
    expect(await upTo('signed_in')).toContainEqual(
      expect.objectContaining({ type: 'signed_in', socketId: client.socketId, userId: 'ada' }),
    )
    await ask(service, pusherRequest('POST', '/apps/local/users/ada/terminate_connections', '{}'))
    await client.closed
    await service.close()
    expect(entries.map(({ type }) => type)).toEqual(['disconnected', 'request'])
    expect(entries[0]).toMatchObject({ socketId: client.socketId, code: 4009 })
  })

  test('refusals', async () => {
    const { service, upTo } = await startLogged({ origins: [] })
    await dial(service, '/app/unknown?protocol=7').closed
    const [refused] = await upTo('connection_refused')
    expect(refused).toMatchObject({ app: undefined, code: 4001, reason: 'App not found' })

    await dial(service, '/app/local-key?protocol=7', { origin: 'https://evil.example' }).closed
    const [foreign] = await upTo('connection_refused')
    expect(foreign).toMatchObject({ code: 403, reason: 'Origin not allowed' })

    const client = await connect(service)
    const { socketId } = client
    await client.subscribe('private-a', { auth: 'local-key:x' })
    expect((await upTo('subscription_refused')).at(-1)).toMatchObject({
      app: 'local',
      socketId,
      channel: 'private-a',
      kind: 'private',
      reason: expect.stringContaining('Invalid signature'),
    })
    await client.subscribe('presence-a', { auth: channelAuth(client, 'presence-a') })
    expect(await upTo('subscription_refused')).toMatchObject([
      { channel: 'presence-a', kind: 'presence', reason: expect.stringContaining('channel_data') },
    ])
    client.send({ event: 'client-typing', channel: 'private-encrypted-news', data: {} })
    expect(await upTo('frame_refused')).toMatchObject([
      { socketId, code: null, reason: expect.stringContaining('encrypted') },
    ])
    client.send('{')
    expect(await upTo('frame_refused')).toMatchObject([{ socketId, reason: 'The frame is not JSON' }])
    client.send({ event: 'pusher:signin', data: { ...userAuth(client, '{"id":"a"}'), user_data: '{"id":"b"}' } })
    expect(await upTo('disconnected')).toMatchObject([
      { type: 'signin_refused', socketId, reason: expect.stringContaining('Invalid signature') },
      { type: 'disconnected', socketId, code: 4009 },
    ])
  })

  test('events, from backends and from clients', async () => {
    const { service, upTo } = await startLogged()
    const [one, other] = [await connect(service), await connect(service)]
    for (const client of [one, other]) await client.subscribe('private-a', { auth: channelAuth(client, 'private-a') })
    await upTo('subscribed')
    await upTo('subscribed')

    await backend(service).trigger(['private-a', 'news'], 'greeting', 'hi', { socket_id: one.socketId })
    expect(await upTo('request')).toMatchObject([
      {
        type: 'event',
        app: 'local',
        channels: ['private-a', 'news'],
        event: 'greeting',
        data: 'hi',
        receivers: 1,
        except: one.socketId,
      },
      { type: 'request', protocol: 'pusher', status: 200, path: '/apps/local/events' },
    ])
    one.send({ event: 'client-typing', channel: 'private-a', data: { who: 'Ada' } })
    one.send({ event: 'client-typing', channel: 'private-a', data: '{"who":"Ada"}' })
    const typing = { channels: ['private-a'], event: 'client-typing', data: '{"who":"Ada"}', receivers: 1 }
    expect([...(await upTo('event')), ...(await upTo('event'))]).toMatchObject([
      { ...typing, socketId: one.socketId },
      { ...typing, socketId: one.socketId },
    ])
  })

  test('requests, with their protocol, status and time', async () => {
    const { service, upTo, entries } = await startLogged()
    await ask(service, { method: 'GET', path: '/' })
    expect(entries).toEqual([])
    const cases = [
      [signed(event('news')), { app: 'local', protocol: 'signed', status: 200, error: undefined }],
      [signed('{'), { app: 'local', protocol: 'signed', status: 400, error: 'The body is not JSON' }],
      [signed(event('news'), { secret: 'x' }), { protocol: 'signed', status: 403, error: 'Invalid signature' }],
      [signed(event('news'), { key: 'unknown' }), { app: undefined, status: 404, error: 'App not found' }],
      [
        { path: '/api/trigger', headers: { token: 'x' }, body: '{"appId":"local"}' },
        { app: 'local', protocol: 'token', status: 403, error: 'Invalid token' },
      ],
      [pusherRequest('GET', '/apps/local/channels'), { app: 'local', protocol: 'pusher', method: 'GET', status: 200 }],
      [{ path: '/trigger?secret=1' }, { path: '/trigger', protocol: undefined, status: 404, error: 'Not found' }],
      [
        { method: 'PUT', path: '/api/trigger' },
        { method: 'PUT', protocol: 'token', status: 405 },
      ],
    ] as const
    for (const [request, expected] of cases) {
      await ask(service, request)
      const noted = (await upTo('request')).at(-1)
      expect(noted).toMatchObject({ type: 'request', at: expect.any(Number), ms: expect.any(Number), ...expected })
    }
  })
})

describe('log listeners', () => {
  test('that throw or reject are printed, and other listeners and the service continue', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => report.mockRestore())
    const { service, upTo } = await startLogged()
    const faults = [new Error('thrown'), new Error('rejected')]
    service.onLog(() => {
      throw faults[0]
    })
    service.onLog(async () => {
      await null
      throw faults[1]
    })
    const late = vi.fn()
    service.onLog(late)
    await connect(service)
    await upTo('connected')
    expect(late).toHaveBeenCalledOnce()
    expect(report.mock.calls).toEqual([[faults[0]], [faults[1]]])
  })

  test('are removed one by one', async () => {
    const { service, upTo } = await startLogged()
    const received = vi.fn()
    const [end] = [service.onLog(received), service.onLog(received)]
    end()
    end()
    await connect(service)
    await upTo('connected')
    expect(received).toHaveBeenCalledOnce()
  })

  test('receive no secret and no token', async () => {
    const { service, entries } = await startLogged()
    const client = await connect(service)
    await client.subscribe('private-a', { auth: `local-key:${'0'.repeat(64)}` })
    await ask(service, signed(event('news'), { secret: 'x' }))
    await ask(service, signed(event('news')))
    await ask(service, { path: '/api/trigger', headers: { token: `${defaultApp.token}-` }, body: '{"appId":"local"}' })
    expect(entries).toHaveLength(6)
    for (const secret of [defaultApp.secret, defaultApp.token])
      expect(inspect(entries, { depth: 9 })).not.toContain(secret)
  })
})
