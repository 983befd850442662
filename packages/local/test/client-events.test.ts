import { describe, expect, test } from 'vitest'
import { channelAuth, connect, type RawClient, start } from './harness.ts'

const error = (message: string, code: number | null = null) => ({
  event: 'pusher:error',
  data: { code, message: expect.stringContaining(message) },
})

describe('client events', () => {
  const event = (fields: object) => ({ event: 'client-x', channel: 'private-a', data: 1, ...fields })
  const join = async (client: RawClient) => client.subscribe('private-a', { auth: channelAuth(client, 'private-a') })

  test.each([{ a: 1 }, 'text', null])('reach other subscribers unchanged: %j', async (data) => {
    const service = await start()
    const [sender, other, outsider] = [await connect(service), await connect(service), await connect(service)]
    await join(sender)
    await join(other)
    sender.send(event({ data }))
    expect(await sender.pending()).toEqual([])
    expect(await other.pending()).toEqual([event({ data })])
    expect(await outsider.pending()).toEqual([])
  })

  test.each<[string, object, string]>([
    ['on an encrypted channel', event({ channel: 'private-encrypted-a' }), 'not supported on encrypted channels'],
    ['on a public channel before subscribing', event({ channel: 'b' }), 'not subscribed to channel b'],
    ['before subscribing', event({ channel: 'private-b' }), 'not subscribed to channel private-b'],
    ['on no channel', event({ channel: undefined }), 'invalid channel name'],
    ['of a long name', event({ event: `client-${'x'.repeat(194)}` }), '200 characters'],
    ['of 65,537 bytes', event({ data: 'x'.repeat(65_535) }), '65536 bytes'],
  ])('%s: rejected', async (_, frame, message) => {
    const client = await connect(await start())
    await join(client)
    await client.subscribe('a')
    client.send(frame)
    expect(await client.frame()).toEqual(error(message))
  })

  test('on a public channel reach other subscribers, unless the option refuses them', async () => {
    const event = { event: 'client-message', channel: 'chat', data: { text: 'Hello' } }
    const service = await start()
    const [sender, other] = [await connect(service), await connect(service)]
    for (const client of [sender, other]) await client.subscribe('chat')
    sender.send(event)
    expect(await other.frame()).toEqual(event)
    const strict = await connect(await start({ publicClientEvents: false }))
    await strict.subscribe('chat')
    strict.send(event)
    expect(await strict.frame()).toEqual(error('only supported on private and presence channels'))
  })

  test('are refused if they are off, and limited by their option', async () => {
    const off = await connect(await start({ clientEvents: false }))
    await join(off)
    off.send(event({}))
    expect(await off.frame()).toEqual(error('client events are off for this app'))
    const limited = await connect(await start({ clientEventsPerSecond: 1, now: () => 0 }))
    await join(limited)
    for (const data of [1, 2]) limited.send(event({ data }))
    expect(await limited.pending()).toEqual([error('rate limit', 4301)])
  })

  test('are limited to ten per second and connection, then receive 4301', async () => {
    let clock = 0
    const service = await start({ now: () => clock })
    const [sender, other] = [await connect(service), await connect(service)]
    await join(sender)
    await join(other)
    for (let count = 0; count < 11; count += 1) sender.send(event({ data: count }))
    expect(await sender.pending()).toEqual([error('rate limit', 4301)])
    expect(await other.pending()).toHaveLength(10)
    other.send(event({}))
    expect(await other.pending()).toEqual([])
    expect(await sender.pending()).toHaveLength(1)
    clock = 1000
    sender.send(event({}))
    expect(await sender.pending()).toEqual([])
  })

  test('that are nested too deeply are rejected or sent whole', async () => {
    const service = await start()
    const [sender, other] = [await connect(service), await connect(service)]
    await join(sender)
    sender.send(`{"event":"client-x","channel":"private-a","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)
    await sender.pending()
    expect(await other.pending()).toEqual([])
  })
})
