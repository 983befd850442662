import { defineEvents } from '@pingerchips/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { client, connect, outcome, service } from './app.ts'

const order = z.object({
  id: z.number().int(),
  note: z.string().trim().default('none'),
  items: z.array(z.object({ name: z.string() })).max(5),
  tags: z.record(z.string().regex(/^[a-z]+$/), z.boolean()).optional(),
})
const realtime = defineEvents({ 'orders-{id}': { shipped: order } })

/** Data that the schema accepts, with keys that it does not have, and data that it does not accept. */
const data = fc.record(
  {
    id: fc.oneof({ weight: 9, arbitrary: fc.integer() }, fc.string()),
    note: fc.string({ unit: 'grapheme' }),
    items: fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), secret: fc.string() }), { maxLength: 5 }),
    tags: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.boolean(), { maxKeys: 3 }),
    passwordHash: fc.string(),
  },
  { requiredKeys: ['id', 'items'] },
)

test('the subscriber receives exactly the output of the schema, and nothing of data that does not match', async () => {
  const local = await service()
  const pusher = connect(local, {})
  expect(await outcome(pusher, 'orders-1')).toBe('subscribed')
  const typed = realtime.bind(client(local))
  const channel = pusher.channel('orders-1')
  const run = async (input: z.input<typeof order>) => {
    const received: unknown[] = []
    const shipped = (value: unknown) => received.push(value)
    channel.bind('shipped', shipped)
    const parsed = order.safeParse(input)
    const sent = await typed.trigger('orders-{id}', { id: '1' }, 'shipped', input).catch((error: Error) => error)
    // One connection keeps the order of its events: behind this one, nothing is on its way.
    const fence = new Promise((resolve) => channel.bind('fence', resolve))
    await client(local).trigger('orders-1', 'fence', {})
    await fence
    channel.unbind()
    if (parsed.success) expect([sent, received]).toEqual([undefined, [JSON.parse(JSON.stringify(parsed.data))]])
    else expect([sent instanceof TypeError, received]).toEqual([true, []])
  }
  await fc.assert(fc.asyncProperty(data as fc.Arbitrary<z.input<typeof order>>, run), { numRuns: 200 })
})
