import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { defaultApp, type LocalOptions, startLocal } from '../src/index.ts'
import { ask, connect, dial, next, pusher, signed, start } from './harness.ts'

describe('startLocal', () => {
  test('returns its address and apps', async () => {
    const service = await start()
    expect(service).toMatchObject({ host: '127.0.0.1', url: `http://127.0.0.1:${service.port}`, apps: [defaultApp] })
  })

  test('rejects with EADDRINUSE for a port in use', async () => {
    const { port } = await start()
    await expect(startLocal({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('uses the default for undefined', async () => {
    const options: object = { port: undefined, apps: undefined }
    expect((await start(options)).apps).toEqual([defaultApp])
  })

  const secret = 'canary-secret'
  const app = { id: 'a', key: 'a-key', secret }
  test.each([null, 6001, 'options', []])('refuses options %j', async (options) => {
    await expect(startLocal(options as object)).rejects.toThrow(/^startLocal: options must be an object\.$/)
  })
  test.each<[string, object]>([
    ['host', { host: 'localhost' }],
    ['host', { host: ['127.0.0.1'] }],
    ['host', { host: Object.create(null) }],
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['port', { port: Number.NaN }],
    ['port', { port: '6001' }],
    ['now', { now: 0 }],
    ['eventsPerSecond', { eventsPerSecond: 0 }],
    ['eventsPerSecond', { eventsPerSecond: 1.5 }],
    ['activityTimeout', { activityTimeout: 0 }],
    ['activityTimeout', { activityTimeout: 1e9 }],
    ['pongTimeout', { pongTimeout: Number.NaN }],
    ['origins', { origins: 'https://a.test' }],
    ['origins[1]', { origins: ['https://a.test', 'https://a.test/'] }],
    ['origins[0]', { origins: ['*'] }],
    ['apps', { apps: [] }],
    ['apps', { apps: { 0: app } }],
    ['apps[0]', { apps: [null] }],
    ['apps[0].id', { apps: [{ ...app, id: '' }] }],
    ['apps[1].key', { apps: [app, { ...app, key: 'a/b' }] }],
    ['apps[0].secret', { apps: [{ ...app, secret: '' }] }],
    ['apps[0].secret', { apps: [{ ...app, secret: new Uint8Array() }] }],
    ['apps[0].token', { apps: [{ ...app, token: '' }] }],
    ['apps[0].token', { apps: [{ ...app, token: `${secret}\n` }] }],
    ['apps must have unique ids', { apps: [app, { ...app, key: 'b' }] }],
    ['apps must have unique keys', { apps: [app, { ...app, id: 'b' }] }],
  ])('refuses an option with its name: %s: %j', async (name, options) => {
    const error = await startLocal(options as LocalOptions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: expect.stringContaining(`startLocal: ${name}`) })
    expect(inspect(error)).not.toContain(secret)
  })

  test('ignores later changes of the options', async () => {
    const app = { id: 'a', key: 'a-key', secret: 's' }
    const service = await start({ apps: [app] })
    app.secret = 'other'
    const body = '{"channel":"a","event":"e","data":1}'
    expect(await ask(service, signed(body, { key: 'a-key', secret: 's' }))).toMatchObject({ status: 200 })
    expect(service.apps).toEqual([{ id: 'a', key: 'a-key', secret: 's' }])
  })
})

describe('close()', () => {
  test('ends every connection and frees the port, once', async () => {
    const service = await startLocal()
    const [client, refused] = [await connect(service), dial(service, '/')]
    await refused.frame()
    const idle = connectTcp(service.port, service.host)
    await once(idle, 'connect')
    const ended = new Promise((resolve) => idle.on('error', () => {}).once('close', resolve))
    // Half of a request, which is never completed.
    idle.write('POST /api/trigger HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n')

    const closing = service.close()
    expect(service.close()).toBe(closing)
    await closing
    expect(await client.closed).toBe(1001)
    await ended
    await expect(ask(service, { method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const again = await start({ port: service.port })
    expect(again.port).toBe(service.port)
  })

  test('does not wait for a client that ignores the closing handshake', async () => {
    const service = await startLocal()
    const mute = connectTcp(service.port, service.host)
    mute.on('error', () => {})
    mute.write(
      'GET /app/local-key?protocol=7 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await once(mute, 'data')
    const ended = new Promise((resolve) => mute.once('close', resolve))
    await service.close()
    await ended
  })

  test('leaves no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const service = await startLocal()
    const [gone, client] = [await connect(service), await connect(service)]
    gone.close()
    await gone.closed
    await service.close()
    await client.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('disconnects pusher-js', async () => {
    const service = await startLocal()
    const client = pusher(service)
    await next(client.connection, 'connected')
    const left = next(client.connection.connection, 'closed')
    await service.close()
    await left
  })
})
