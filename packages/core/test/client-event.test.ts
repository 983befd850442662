import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { defineEvents, type WebhookEvent } from '../src/index.ts'

const realtime = defineEvents({
  'private-{any}': { 'client-typing': z.object({ by: z.string() }) },
  'private-user-{id}': {
    'client-typing': z.object({ on: z.boolean() }),
    'client-note': z.string(),
    'order-shipped': z.object({ id: z.number() }),
  },
})
const sent = (event: string, data: unknown, channel = 'private-user-1'): WebhookEvent => ({
  name: 'client_event',
  channel,
  event,
  data,
  socket_id: '1.1',
})

test.each([
  ['an object', { on: true, secret: 1 }],
  ['JSON text', '{"on":true,"secret":1}'],
])('a client event with %s has the output of the schema of its most specific pattern', async (_, data) => {
  expect(await realtime.clientEvent(sent('client-typing', data))).toEqual({
    pattern: 'private-user-{id}',
    params: { id: '1' },
    channel: 'private-user-1',
    event: 'client-typing',
    data: { on: true },
    socket_id: '1.1',
  })
})

test('text that is not JSON is validated as text', async () => {
  expect(await realtime.clientEvent(sent('client-note', 'hello'))).toMatchObject({ data: 'hello' })
})

test.each([
  ['data that does not match', sent('client-typing', { on: 1 })],
  ['an event that is not in the contract', sent('client-other', {})],
  ['an event of the server', sent('order-shipped', { id: 1 })],
  ['an event of the prototype', sent('toString', {})],
  ['a channel that is not in the contract', sent('client-typing', { on: true }, 'presence-a')],
  ['another webhook event', { name: 'channel_vacated', channel: 'private-user-1' } satisfies WebhookEvent],
])('%s is undefined', async (_, event) => {
  expect(await realtime.clientEvent(event)).toBeUndefined()
})

test('the pattern and the event discriminate the type', () => {
  type Event = NonNullable<Awaited<ReturnType<typeof realtime.clientEvent>>>
  expectTypeOf<Event['event']>().toEqualTypeOf<'client-typing' | 'client-note'>()
  expectTypeOf<Extract<Event, { event: 'client-note' }>['data']>().toBeString()
  expectTypeOf<Extract<Event, { event: 'client-note' }>['params']>().toEqualTypeOf<{ readonly id: string }>()
})
