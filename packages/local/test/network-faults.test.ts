import { describe, expect, test } from 'vitest'
import { connect, dial, enter, next, pusher, signIn, start, startLogged } from './harness.ts'

describe('disconnect()', () => {
  test('ends all connections with 4200, after which pusher-js reconnects at once', async () => {
    const service = await start()
    const client = pusher(service)
    await next(client.connection, 'connected')
    const reconnected = next(client.connection, 'connected')
    expect(service.disconnect()).toBe(1)
    await reconnected
  })

  test.each([4003, 4004, 4100, 4200, 4202])('sends pusher:error and the close code %i', async (code) => {
    const { service, upTo } = await startLogged()
    const [client, watcher] = [await connect(service), await connect(service)]
    await enter(client, 'presence-a', '1')
    await enter(watcher, 'presence-a', '2')
    await client.frame()
    expect(service.disconnect({ code, socketId: client.socketId })).toBe(1)
    expect(await client.frame()).toMatchObject({ event: 'pusher:error', data: { code, message: expect.any(String) } })
    expect(await client.closed).toBe(code)
    expect(await watcher.frame()).toMatchObject({ event: 'pusher_internal:member_removed' })
    expect((await upTo('disconnected')).at(-1)).toMatchObject({ socketId: client.socketId, code })
  })

  test('with 4003 keeps pusher-js from reconnecting', async () => {
    const service = await start()
    const client = pusher(service)
    await next(client.connection, 'connected')
    const disconnected = next(client.connection, 'disconnected')
    service.disconnect({ code: 4003 })
    await disconnected
  })

  test('with 1006 cuts TCP without a Close frame', async () => {
    const service = await start()
    const client = await connect(service)
    service.disconnect({ code: 1006 })
    expect(await client.closed).toBe(1006)
  })

  test('ends the connections of one user only', async () => {
    const service = await start()
    const [user, other] = [await connect(service), await connect(service)]
    await signIn(user, { id: 'ada' })
    expect(service.disconnect({ userId: 'ada' })).toBe(1)
    expect(await user.closed).toBe(4200)
    expect(await other.pending()).toEqual([])
  })

  test.each([1000, 3999, 4300, 4200.5, Number.NaN])('refuses the code %d', async (code) => {
    const service = await start()
    expect(() => service.disconnect({ code })).toThrow(
      `disconnect: code must be 1006 or an integer from 4000 to 4299 (received ${code}).`,
    )
    expect(() => service.refuseConnections({ code })).toThrow(TypeError)
  })
})

describe('refuseConnections()', () => {
  test('refuses the next connections, and pusher-js retries', async () => {
    const service = await start()
    service.refuseConnections({ code: 4200, times: 2 })
    expect(await dial(service).closed).toBe(4200)
    const client = pusher(service)
    const error = next(client.connection, 'error')
    await next(client.connection, 'connected')
    expect(await error).toMatchObject({ error: { data: { code: 4200 } } })
  })
})

describe('setLatency()', () => {
  test('delays frames and keeps their order', async () => {
    const service = await start()
    const client = await connect(service)
    service.setLatency(100)
    const sentAt = performance.now()
    client.send({ event: 'pusher:subscribe', data: { channel: 'a' } })
    client.send({ event: 'pusher:ping', data: {} })
    const first = await client.frame()
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(90)
    service.setLatency(0)
    client.send({ event: 'pusher:subscribe', data: { channel: 'b' } })
    expect([first, await client.frame(), await client.frame()]).toMatchObject([
      { event: 'pusher_internal:subscription_succeeded', channel: 'a' },
      { event: 'pusher:pong' },
      { event: 'pusher_internal:subscription_succeeded', channel: 'b' },
    ])
  })

  test.each([-1, 60_001, Number.NaN])('refuses %d', async (ms) => {
    const service = await start()
    expect(() => service.setLatency(ms)).toThrow(`must be from 0 to 60000 ms (received ${ms}).`)
  })
})
