import { defineEvents, PingerchipsServer } from '@pingerchips/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

interface User {
  readonly id: string
}

const realtime = defineEvents(
  {
    'private-user-{id}': {
      'order-shipped': z.object({ id: z.number() }),
      'client-typing': z.object({ on: z.boolean() }),
    },
    'presence-room-{room}': { message: z.object({ text: z.string().max(500), tags: z.array(z.string()).default([]) }) },
    lobby: { opened: z.object({ at: z.number() }) },
  },
  { member: z.object({ name: z.string() }), user: { notice: z.object({ text: z.string() }) } },
)
const typed = realtime.bind(PingerchipsServer.disabled())

test('a typed client accepts what the contract has', () => {
  expectTypeOf(typed.trigger('private-user-{id}', { id: '1' }, 'order-shipped', { id: 7 })).toEqualTypeOf<
    Promise<void>
  >()
  void typed.trigger('presence-room-{room}', { room: 7 }, 'message', { text: 'x' }, { socketId: '1.1' })
  void typed.trigger('lobby', {}, 'opened', { at: 1 })
  void typed.triggerBatch([
    { channel: 'private-user-{id}', params: { id: 1 }, event: 'order-shipped', data: { id: 7 } },
    { channel: 'lobby', params: {}, event: 'opened', data: { at: 1 } },
  ])
  void typed.sendToUser('1', 'notice', { text: 'x' })
})

test('a mistake in a channel, a parameter, an event or a field does not compile', () => {
  const never = async () => {
    // @ts-expect-error: a misspelt channel
    await typed.trigger('private-usr-{id}', { id: '1' }, 'order-shipped', { id: 7 })
    // @ts-expect-error: a misspelt parameter
    await typed.trigger('private-user-{id}', { di: '1' }, 'order-shipped', { id: 7 })
    // @ts-expect-error: a missing parameter
    await typed.trigger('private-user-{id}', {}, 'order-shipped', { id: 7 })
    // @ts-expect-error: a misspelt event
    await typed.trigger('private-user-{id}', { id: '1' }, 'order-shiped', { id: 7 })
    // @ts-expect-error: the event of another channel
    await typed.trigger('private-user-{id}', { id: '1' }, 'message', { text: 'x' })
    // @ts-expect-error: a misspelt field
    await typed.trigger('private-user-{id}', { id: '1' }, 'order-shipped', { di: 7 })
    // @ts-expect-error: a field of another type
    await typed.trigger('private-user-{id}', { id: '1' }, 'order-shipped', { id: '7' })
    // @ts-expect-error: an event that browsers send
    await typed.trigger('private-user-{id}', { id: '1' }, 'client-typing', { on: true })
    // @ts-expect-error: the data of another event of the batch
    await typed.triggerBatch([{ channel: 'lobby', params: {}, event: 'opened', data: { id: 7 } }])
    // @ts-expect-error: an event that is not in the user table
    await typed.sendToUser('1', 'notise', { text: 'x' })
  }
  expectTypeOf(never).toBeFunction()
})

test('rules are typed by the contract', () => {
  realtime.rules<User>()({
    'private-user-{id}': ({ user, params }) => {
      expectTypeOf(params).toEqualTypeOf<{ readonly id: string }>()
      return params.id === user.id
    },
    'presence-room-{room}': ({ user }) => ({ user_id: user.id, user_info: { name: 'Ada' } }),
  })
  const never = () => {
    // @ts-expect-error: a pattern that is not in the contract
    realtime.rules<User>()({ 'private-order-{id}': () => true })
    // @ts-expect-error: a public channel has no rule
    realtime.rules<User>()({ lobby: () => true })
    // @ts-expect-error: a presence channel needs a member
    realtime.rules<User>()({ 'presence-room-{room}': () => true })
    // @ts-expect-error: a member without what its schema requires
    realtime.rules<User>()({ 'presence-room-{room}': () => ({ user_id: '1', user_info: { nam: 'Ada' } }) })
  }
  expectTypeOf(never).toBeFunction()
})
