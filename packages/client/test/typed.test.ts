import { typed } from '@pingerchips/client'
import { defineEvents } from '@pingerchips/core'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { client, connect, outcome, service, startApp } from './app.ts'

const realtime = defineEvents(
  {
    'private-user-{id}': {
      'order-shipped': z.object({ id: z.number(), note: z.string().default('none') }),
      'client-typing': z.object({ on: z.boolean() }),
    },
    'private-user-{id}-{rest}': { moved: z.object({ x: z.number() }) },
    'presence-room': { message: z.object({ text: z.string() }) },
  },
  { member: z.object({ name: z.string() }) },
)

async function subscribed(name: string, options: Parameters<typeof typed<typeof realtime>>[1] = {}) {
  const local = await service()
  const { endpoint } = await startApp()
  const { batchAuthorization } = await import('@pingerchips/client')
  const plain = connect(local, { channelAuthorization: { customHandler: batchAuthorization({ endpoint }) } })
  const pusher = typed<typeof realtime>(plain, options)
  expect(await outcome(plain, name)).toBe('subscribed')
  return { pusher, plain, server: client(local) }
}

test('without schemas, typed() returns the client as it is', async () => {
  const { pusher, plain, server } = await subscribed('private-user-1')
  expect(pusher).toBe(plain)
  const received = new Promise((resolve) => pusher.channel('private-user-1')?.bind('order-shipped', resolve))
  await server.trigger('private-user-1', 'order-shipped', { id: 'seven' })
  expect(await received).toEqual({ id: 'seven' })
})

test('with schemas, callbacks receive the output, and events that do not match reach none of them', async () => {
  const onInvalid = vi.fn()
  const { pusher, server } = await subscribed('private-user-1', { contract: realtime, onInvalid })
  const received: unknown[] = []
  const last = new Promise((resolve) => {
    pusher.channel('private-user-1')?.bind('order-shipped', (data) => {
      received.push(data)
      if (data.id === 2) resolve(undefined)
    })
  })
  await server.trigger('private-user-1', 'order-shipped', { id: 1, secret: 'x' })
  await server.trigger('private-user-1', 'order-shipped', { id: 'seven' })
  await server.trigger('private-user-1', 'order-shipped', { id: 2 })
  await last
  expect(received).toEqual([
    { id: 1, note: 'none' },
    { id: 2, note: 'none' },
  ])
  expect(onInvalid.mock.calls).toEqual([[{ channel: 'private-user-1', event: 'order-shipped', paths: ['id'] }]])
})

test('the most specific pattern has the schema', async () => {
  const onInvalid = vi.fn()
  const { plain, server } = await subscribed('private-user-1-map', { contract: realtime, onInvalid })
  const received = new Promise((resolve) => plain.channel('private-user-1-map').bind('moved', resolve))
  await server.trigger('private-user-1-map', 'moved', { x: 'left' })
  await server.trigger('private-user-1-map', 'moved', { x: 1, y: 2 })
  expect(await received).toEqual({ x: 1 })
  expect(onInvalid).toHaveBeenCalledOnce()
})

test('members have the type of the contract', async () => {
  const { pusher } = await subscribed('presence-room')
  expect(pusher.channel('presence-room')?.members.me.info.name).toBe('Ada')
})
