import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { maxConnections } from '../src/transport/origin-pool.ts'

const user = new AsyncLocalStorage<string>()
let server: Server
let client: PingerchipsServer
/** The event names of each request, with the user in whose context undici made it: a trace writes its headers then. */
let created: (readonly [user: string | undefined, names: readonly string[]])[]
let statusOf: (names: readonly string[]) => number

const namesIn = (body: string): string[] => {
  const { batch, name, event } = JSON.parse(body) as { batch?: { name: string }[]; name?: string; event?: string }
  return batch?.map((each) => each.name) ?? [name ?? event ?? '']
}
const onCreate = (message: unknown) => {
  const { request } = message as { request: { body: Uint8Array } }
  created.push([user.getStore(), namesIn(Buffer.from(request.body).toString())])
}

beforeEach(async () => {
  created = []
  statusOf = () => 200
  server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    res.writeHead(statusOf(namesIn(Buffer.concat(chunks).toString()))).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  subscribe('undici:request:create', onCreate)
})
afterEach(async () => {
  unsubscribe('undici:request:create', onCreate)
  await client.close()
  server.closeAllConnections()
  server.close()
})

const make = (options: PingerchipsServerOptions = {}) =>
  new PingerchipsServer('1', 's', {
    appKey: 'k',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...options,
  })
const triggerAs = (name: string) => user.run(name, () => client.trigger('c', name, 1))
const names = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`)

test('requests that wait for a connection are sent in the async context of their own caller', async () => {
  client = make()
  const callers = names(5 * maxConnections)
  await Promise.all(callers.map(triggerAs))
  expect(created).toHaveLength(callers.length)
  expect(created.filter(([sender, [name]]) => sender !== name)).toEqual([])
})

test('retries are sent in the async context of their own caller', async () => {
  client = make({ retries: 1 })
  const failed = new Set<string>()
  statusOf = ([name = '']) => {
    const status = failed.has(name) ? 200 : 503
    failed.add(name)
    return status
  }
  await Promise.all(names(20).map(triggerAs))
  expect(created).toHaveLength(40)
  expect(created.filter(([sender, [name]]) => sender !== name)).toEqual([])
})

test.each([
  ['a full batch', 10],
  ['a batch that its time sends', 4],
])('%s is sent in the async context of its first event', async (_name, count) => {
  client = make({ protocol: 'pusher', batch: true })
  await Promise.all(names(count).map(triggerAs))
  expect(created).toEqual([['user-0', names(count)]])
})

test('a batch that close() sends keeps the async context of its first event', async () => {
  client = make({ protocol: 'pusher', batch: { maxDelay: 1000 } })
  const sent = names(3).map(triggerAs)
  await user.run('closer', () => client.close())
  await Promise.all(sent)
  expect(created).toEqual([['user-0', names(3)]])
})

test('events of a refused batch are sent again in the async context of their own caller', async () => {
  client = make({ protocol: 'pusher', batch: true, retries: 0 })
  statusOf = (sent) => (sent.length > 1 ? 422 : 200)
  await Promise.all(names(5).map(triggerAs))
  expect(created[0]).toEqual(['user-0', names(5)])
  expect(created.slice(1)).toEqual(names(5).map((name) => [name, [name]]))
})
