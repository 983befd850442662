import type { TypedPusher, typed } from '@pingerchips/client'
import { defineEvents } from '@pingerchips/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const realtime = defineEvents(
  {
    'private-user-{id}': {
      'order-shipped': z.object({ id: z.number() }),
      'client-typing': z.object({ on: z.boolean() }),
    },
    'presence-room-{room}': { message: z.object({ text: z.string() }) },
    lobby: { opened: z.object({ at: z.number() }) },
  },
  { member: z.object({ name: z.string() }) },
)

test('channels, events, members and client events are typed by the contract', () => {
  const use = (pusher: TypedPusher<typeof realtime>) => {
    const channel = pusher.subscribe('private-user-1')
    channel.bind('order-shipped', (data) => expectTypeOf(data).toEqualTypeOf<{ id: number }>())
    channel.trigger('client-typing', { on: true })
    const room = pusher.subscribe('presence-room-red')
    room.bind('message', ({ text }) => expectTypeOf(text).toBeString())
    room.bind('pusher:member_added', ({ id, info }) => {
      expectTypeOf(id).toBeString()
      expectTypeOf(info.name).toBeString()
    })
    room.bind('pusher:subscription_succeeded', (members) => expectTypeOf(members.me.info.name).toBeString())
    expectTypeOf(room.members.count).toBeNumber()
    pusher.subscribe('lobby').bind('opened', ({ at }) => expectTypeOf(at).toBeNumber())

    // @ts-expect-error: a channel that is not in the contract
    pusher.subscribe('private-order-1')
    // @ts-expect-error: a misspelt event
    channel.bind('order-shiped', () => {})
    // @ts-expect-error: the event of another channel
    channel.bind('message', () => {})
    // @ts-expect-error: a misspelt field
    channel.bind('order-shipped', ({ di }) => di)
    // @ts-expect-error: an event that the server sends
    channel.trigger('order-shipped', { id: 1 })
    // @ts-expect-error: the data of a client event
    channel.trigger('client-typing', { on: 1 })
    // @ts-expect-error: a public channel has no members
    pusher.subscribe('lobby').members
  }
  expectTypeOf(use).parameter(0).toEqualTypeOf<ReturnType<typeof typed<typeof realtime>>>()
})
