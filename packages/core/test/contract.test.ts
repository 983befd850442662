import { channelName, defineEvents, type EventSender, PingerchipsServer } from '@pingerchips/core'
import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const realtime = defineEvents(
  {
    'private-user-{id}': {
      'order-shipped': z.object({ id: z.number(), note: z.string().trim().default('none') }),
      'client-typing': z.object({ on: z.boolean() }),
    },
    'presence-room-{room}': { message: v.object({ text: v.pipe(v.string(), v.maxLength(5)) }) },
    lobby: { opened: type({ at: 'number' }) },
  },
  { member: z.object({ name: z.string() }), user: { notice: z.object({ text: z.string() }) } },
)

type Call = readonly [channel: string, event: string, data: unknown, options: unknown]

function recorder() {
  const calls: Call[] = []
  const sender: EventSender<{ readonly socketId?: string }> = {
    async trigger(channel, event, data, options) {
      calls.push([channel, event, data, options])
    },
    async sendToUser(userId, event, data, options) {
      calls.push([userId, event, data, options])
    },
    async triggerBatch(events) {
      for (const event of events) calls.push(event)
      return []
    },
  }
  return { calls, typed: realtime.bind(sender) }
}

describe('a typed client', () => {
  test('sends the output of the schema: unknown keys stripped, defaults filled in', async () => {
    const { calls, typed } = recorder()
    const order = { id: 7, note: ' x ', passwordHash: 'canary' }
    await typed.trigger('private-user-{id}', { id: 1 }, 'order-shipped', order, { socketId: '1.1' })
    await typed.trigger('presence-room-{room}', { room: 'red' }, 'message', { text: 'hello' })
    await typed.trigger('lobby', {}, 'opened', { at: 1 })
    await typed.sendToUser('1', 'notice', { text: 'x', secret: 'canary' } as { text: string })
    await typed.triggerBatch([
      { channel: 'private-user-{id}', params: { id: 2 }, event: 'order-shipped', data: { id: 8 }, socketId: '2.2' },
    ])
    expect(calls).toEqual([
      ['private-user-1', 'order-shipped', { id: 7, note: 'x' }, { socketId: '1.1' }],
      ['presence-room-red', 'message', { text: 'hello' }, undefined],
      ['lobby', 'opened', { at: 1 }, undefined],
      ['1', 'notice', { text: 'x' }, undefined],
      { channel: 'private-user-2', event: 'order-shipped', data: { id: 8, note: 'none' }, socketId: '2.2' },
    ])
  })

  test.each([
    [{ id: 'canary' }, 'data does not match its schema at id.'],
    [{}, 'data does not match its schema at id.'],
    [{ id: 1, note: 5 }, 'data does not match its schema at note.'],
    ['canary', 'data does not match its schema at its root.'],
    [undefined, 'data does not match its schema at its root.'],
  ])('rejects %j before anything is sent, with paths and without values', async (data, message) => {
    const { calls, typed } = recorder()
    const sent = typed.trigger('private-user-{id}', { id: 1 }, 'order-shipped', data as never)
    await expect(sent).rejects.toMatchObject({ name: 'TypeError', code: 'invalid_argument', message })
    expect(calls).toEqual([])
  })

  test('names the event of a batch that does not match, and sends none of them', async () => {
    const { calls, typed } = recorder()
    const event = { channel: 'presence-room-{room}', params: { room: 1 }, event: 'message' } as const
    const sent = typed.triggerBatch([
      { ...event, data: { text: 'short' } },
      { ...event, data: { text: 'too long' } },
    ])
    await expect(sent).rejects.toThrow('events[1].data does not match its schema at text.')
    expect(calls).toEqual([])
  })

  test.each([
    ['private-usr-{id}', { id: 1 }, 'order-shipped', "pattern 'private-usr-{id}' is not in the contract."],
    ['private-user-{id}', { id: 1 }, 'order-shiped', "event 'order-shiped' is not in 'private-user-{id}'."],
    ['private-user-{id}', { id: 1 }, 'client-typing', "event 'client-typing' is not in 'private-user-{id}'."],
    ['private-user-{id}', { id: 1 }, 'toString', "event 'toString' is not in 'private-user-{id}'."],
    ['__proto__', {}, 'toString', "pattern '__proto__' is not in the contract."],
    ['private-user-{id}', { di: 1 }, 'order-shipped', "params has the unknown parameter 'di'."],
    ['private-user-{id}', { id: ':' }, 'order-shipped', 'params.id must be'],
  ])('rejects %s %j %s', async (pattern, params, event, message) => {
    const { calls, typed } = recorder()
    const sent = typed.trigger(pattern as never, params as never, event as never, { id: 1 } as never)
    await expect(sent).rejects.toThrow(message)
    expect(calls).toEqual([])
  })

  test('accepts every client that has trigger(), and names a missing method', async () => {
    const typed = realtime.bind({ trigger: async () => {} })
    await expect(typed.trigger('lobby', {}, 'opened', { at: 1 })).resolves.toBeUndefined()
    await expect(typed.sendToUser('1', 'notice', { text: 'x' })).rejects.toThrow('client has no sendToUser()')
    await realtime.bind(PingerchipsServer.disabled()).trigger('lobby', {}, 'opened', { at: 1 })
  })

  test('sends exactly what the schema returns, for any input', async () => {
    const { calls, typed } = recorder()
    const schema = realtime.channels['private-user-{id}']['order-shipped']
    const data = fc.oneof(
      fc.record({ id: fc.anything(), note: fc.anything() }, { requiredKeys: [] }),
      fc.record({ id: fc.integer(), note: fc.string(), extra: fc.anything() }, { requiredKeys: ['id'] }),
    )
    await fc.assert(
      fc.asyncProperty(data, fc.nat(), async (value, id) => {
        calls.length = 0
        const parsed = schema.safeParse(value)
        const isSent = await typed.trigger('private-user-{id}', { id }, 'order-shipped', value as never).then(
          () => true,
          () => false,
        )
        expect(isSent).toBe(parsed.success)
        const channel = channelName('private-user-{id}', { id })
        expect(calls).toEqual(parsed.success ? [[channel, 'order-shipped', parsed.data, undefined]] : [])
      }),
    )
  })
})

describe('the rules of a contract', () => {
  const authorize = realtime.rules<{ id: string; name: string; passwordHash: string }>()({
    'private-user-{id}': ({ user, params }) => params.id === user.id,
    'presence-room-{room}': ({ user }) => ({ user_id: user.id, user_info: user }),
  })
  const ask = (channel: string) =>
    authorize({ channel, user: { id: '1', name: 'Ada', passwordHash: 'canary' } } as never)

  test('decide as channelRules do, and sign the output of the member schema', async () => {
    expect(await ask('private-user-1')).toBe(true)
    expect(await ask('private-user-2')).toBe(false)
    expect(await ask('private-order-1')).toBe(false)
    expect(await ask('presence-room-red')).toEqual({ user_id: '1', user_info: { name: 'Ada' } })
  })

  test('refuse a member that does not match its schema, and a pattern that is not in the contract', async () => {
    const nameless = realtime.rules<object>()({
      'presence-room-{room}': () => ({ user_id: '1', user_info: { name: 5 as unknown as string } }),
    })
    await expect(nameless({ channel: 'presence-room-red', user: {} } as never)).rejects.toThrow(
      'user_info does not match',
    )
    expect(() => realtime.rules<object>()({ 'private-x': () => true } as never)).toThrow("rule 'private-x' is not in")
  })
})

test.each<[unknown, unknown, string]>([
  [null, {}, 'channels must be an object'],
  [{ 'private-': {} }, {}, "channels['private-'] matches no channel"],
  [{ 'private-{a}': {}, 'private-{b}': {} }, {}, "'private-{b}' conflicts with 'private-{a}'"],
  [{ 'private-a': { x: {} } }, {}, "channels['private-a']['x'] must be a Standard Schema"],
  [{ 'private-a': { '': z.string() } }, {}, "event name in channels['private-a']"],
  [{ 'private-a': 1 }, {}, "channels['private-a'] must be an object"],
  [{}, { members: z.string() }, "Did you mean 'member'?"],
  [{}, { member: 'x' }, 'options.member must be a Standard Schema'],
  [{}, { user: { a: 1 } }, "options.user['a'] must be a Standard Schema"],
])('defineEvents(%j, %j) throws', (channels, options, message) => {
  expect(() => defineEvents(channels as never, options as never)).toThrow(message)
})
