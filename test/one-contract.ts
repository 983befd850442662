import type { WebhookEvent } from '@pingerchips/core'
import { expect, vi } from 'vitest'
import type { Scenario } from './scenarios.ts'

const contract = `import { defineEvents } from '@pingerchips/core'
import { z } from 'zod'
export const realtime = defineEvents(
  {
    'private-user-{id}': { 'order-shipped': z.object({ id: z.number() }), 'client-typing': z.object({ on: z.boolean() }) },
    'presence-room-{room}': { message: z.object({ text: z.string() }) },
  },
  { member: z.object({ name: z.string() }) },
)`

interface Disconnecting {
  disconnect(): void
}

/** docs/one-contract.md, and the README of the client. */
export const oneContract: Readonly<Record<string, Scenario>> = {
  contract: {
    after: 'export { typed }',
    async run({ typed }) {
      const { trigger } = typed as { trigger(...values: unknown[]): Promise<void> }
      await expect(
        trigger.call(typed, 'private-user-{id}', { id: '1' }, 'order-shipped', { id: 'seven' }),
      ).rejects.toThrow('data does not match its schema at id.')
    },
  },
  'contract-rules': {
    before: contract,
    after: 'export { authorize }',
    async run({ authorize }) {
      const decide = authorize as (context: object) => unknown
      const user = { id: '1', name: 'Ada', passwordHash: 'x' }
      expect(await decide({ channel: 'private-user-2', user })).toBe(false)
      expect(await decide({ channel: 'presence-room-red', user })).toEqual({ user_id: '1', user_info: { name: 'Ada' } })
    },
  },
  'contract-webhooks': {
    before: contract,
    async run({ handler }) {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {})
      const sent = (data: unknown) => ({
        name: 'client_event',
        channel: 'private-user-1',
        event: 'client-typing',
        data,
        socket_id: '1.1',
      })
      await (handler as (events: readonly WebhookEvent[]) => Promise<void>)([
        sent({ on: true }) as WebhookEvent,
        sent({ on: 'x' }) as WebhookEvent,
      ])
      expect(log.mock.calls).toEqual([['1', true]])
      log.mockRestore()
    },
  },
  'client-batch': {
    before: `const token = () => 'e30.e30.AA'\nconst renewToken = async () => {}`,
    after: 'export { pusher }',
    run: async ({ pusher }) => (pusher as Disconnecting).disconnect(),
  },
  'client-typed': {
    before: `${contract}\nimport pusherJs from 'pusher-js'\nconst Pusher = pusherJs as unknown as typeof pusherJs.default`,
    after: 'export { pusher }',
    run: async ({ pusher }) => (pusher as Disconnecting).disconnect(),
  },
  'client-socket-id': {
    before: `import { createServer } from 'node:http'
const pusher = { connection: { socket_id: '1.1' } }
const seen: unknown[] = []
const server = createServer((req, res) => { seen.push(req.headers['x-socket-id']); res.end() })
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
const origin = \`http://127.0.0.1:\${(server.address() as { port: number }).port}\`
Object.assign(globalThis, { location: new URL(origin) })
const pageFetch = globalThis.fetch
// A page resolves a relative URL against its own address, which Node has not.
globalThis.fetch = (input, init) => pageFetch(new URL(String(input), origin), init)`,
    after: `globalThis.fetch = pageFetch
Reflect.deleteProperty(globalThis, 'location')
server.close()
export { seen }`,
    run: async ({ seen }) => expect(seen).toEqual(['1.1']),
  },
}
