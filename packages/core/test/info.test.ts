import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'

let server: Server
let bodies: Record<string, unknown>[]
let answer: string
let client: PingerchipsServer
beforeEach(async () => {
  bodies = []
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
    res.end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = make()
})
afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  server.close()
})
const make = (options: PingerchipsServerOptions = {}) =>
  new PingerchipsServer('1', 's', {
    appKey: 'k',
    protocol: 'pusher',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...options,
  })

describe('trigger with info', () => {
  test('resolves to the counts that were requested, by channel', async () => {
    answer =
      '{"channels":{"presence-a":{"user_count":2,"subscription_count":3,"other":4},"presence-b":{"user_count":0}}}'
    const counts = await client.trigger(['presence-a', 'presence-b'], 'e', 1, { info: ['user_count', 'user_count'] })
    expectTypeOf(counts).toEqualTypeOf<Record<string, { readonly user_count: number }>>()
    expect(Object.entries(counts)).toEqual([
      ['presence-a', { user_count: 2 }],
      ['presence-b', { user_count: 0 }],
    ])
    expect('toString' in counts).toBe(false)
    expect(bodies[0]).toMatchObject({ info: 'user_count' })
  })
  test('resolves to nothing without info', async () => {
    answer = '{"channels":{"c":{"subscription_count":3}}}'
    const nothing = await client.trigger('c', 'e', 1)
    expectTypeOf(nothing).toEqualTypeOf<void>()
    expect(nothing).toBeUndefined()
    expect(bodies[0]).not.toHaveProperty('info')
  })
  test.each(['', '{}', '[]', 'ok', '{"channels":[]}', '{"channels":{"c":{"subscription_count":-1}}}'])(
    'does not fail after the event was accepted: %s',
    async (text) => {
      answer = text
      const counts = await client.trigger('c', 'e', 1, { info: ['subscription_count'] })
      expect(counts).toEqual({})
    },
  )
  test('gives each event of a shared request its own counts', async () => {
    client = make({ batch: true })
    answer = '{"batch":[{"subscription_count":1},{},{"subscription_count":3}]}'
    const info = ['subscription_count'] as const
    expect(
      await Promise.all([
        client.trigger('a', 'e', 1, { info }),
        client.trigger('b', 'e', 1),
        client.trigger('c', 'e', 1, { info }),
      ]),
    ).toEqual([{ a: { subscription_count: 1 } }, undefined, { c: { subscription_count: 3 } }])
    expect(bodies).toMatchObject([{ batch: [{ info: 'subscription_count' }, {}, { info: 'subscription_count' }] }])
  })
  test.each<[PingerchipsServerOptions, string, unknown, RegExp]>([
    [{ protocol: 'signed' }, 'c', ['subscription_count'], /^options\.info is not supported by the signed protocol/],
    [{}, 'c', ['user_count'], /^options\.info can contain user_count only for presence- channels\.$/],
    [{}, 'c', 'user_count', /^options\.info must be an array/],
    [{}, 'presence-c', ['toString'], /^options\.info must contain only user_count, subscription_count\.$/],
  ])('is refused before anything is sent: %j, %s, %j', async (options, channel, info, message) => {
    client = make(options)
    await expect(client.trigger(channel, 'e', 1, { info: info as never })).rejects.toThrow(message)
    expect(bodies).toEqual([])
  })
  test('sendToUser has no info', async () => {
    await expect(client.sendToUser('1', 'e', 1, { info: [] } as object)).rejects.toThrow(/^Unknown option 'info'/)
  })
})

describe('triggerBatch with info', () => {
  test('has the counts of each event in its result', async () => {
    answer = '{"batch":[{"user_count":2,"subscription_count":3},{},{"subscription_count":"4"}]}'
    const results = await client.triggerBatch([
      { channel: 'presence-a', event: 'e', data: 1, info: ['user_count', 'subscription_count'] },
      { channel: 'b', event: 'e', data: 1 },
      { channel: 'c', event: 'e', data: 1, info: ['subscription_count'] },
    ])
    expect(results).toEqual([
      { status: 'fulfilled', value: { user_count: 2, subscription_count: 3 } },
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: undefined },
    ])
  })
  test('has the counts of an event that is alone in its request', async () => {
    answer = '{"channels":{"a":{"subscription_count":3}}}'
    const event = { channel: 'a', event: 'e', data: 1, info: ['subscription_count'] } as const
    expect(await client.triggerBatch([event])).toEqual([{ status: 'fulfilled', value: { subscription_count: 3 } }])
  })
  test('names the event whose info is malformed', async () => {
    const event = { channel: 'a', event: 'e', data: 1 }
    const refused = client.triggerBatch([event, { ...event, info: ['user_count'] }])
    await expect(refused).rejects.toThrow(/^events\[1\]\.info can contain user_count only/)
    expect(bodies).toEqual([])
  })
})
