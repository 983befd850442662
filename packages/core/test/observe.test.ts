import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { type AuthEvent, deny, type Hooks, PingerchipsServer, type TriggerEvent } from '../src/index.ts'

const secret = 'canary-secret'
const token = 'canary-token'
const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
const ms = expect.any(Number)

let server: Server
let statuses: number[]
let clients: PingerchipsServer[]
beforeEach(async () => {
  statuses = []
  clients = []
  server = createServer((req, res) => req.resume().on('end', () => res.writeHead(statuses.shift() ?? 200).end('{}')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(clients.map((client) => client.close()))
  server.close()
})

function clientWith(on: Hooks): PingerchipsServer {
  const { port } = server.address() as AddressInfo
  const client = new PingerchipsServer('1', secret, {
    appKey: 'k',
    token,
    endpoint: `http://127.0.0.1:${port}`,
    hooks: on,
  })
  clients.push(client)
  return client
}

/** Hooks that record their calls. */
function recordingHooks(): { calls: [name: string, event: unknown][]; on: Hooks } {
  const calls: [string, unknown][] = []
  const write = (name: string) => (event: unknown) => void calls.push([name, event])
  return {
    calls,
    on: {
      request: write('request'),
      response: write('response'),
      retry: write('retry'),
      error: write('error'),
      auth: write('auth'),
    },
  }
}

function listen<T>(channel: string): { calls: T[]; stop(): void } {
  const calls: T[] = []
  const listener = (message: unknown) => void calls.push(message as T)
  subscribe(channel, listener)
  return { calls, stop: () => unsubscribe(channel, listener) }
}

describe('a trigger', () => {
  const about = { ids: [id], channels: ['private-a'], event: 'e' }

  test('that succeeds at the second attempt', async () => {
    const { calls, on } = recordingHooks()
    const channel = listen<TriggerEvent>('pingerchips:trigger')
    statuses = [503]
    await clientWith(on).trigger('private-a', 'e', { card: 'canary-data' })
    channel.stop()
    expect(calls).toEqual([
      ['request', { ...about, attempt: 1, bytes: 65 }],
      ['response', { ...about, attempt: 1, status: 503, duration: ms }],
      ['retry', { ...about, attempt: 1, code: 'service_unavailable', status: 503, delay: 0 }],
      ['request', { ...about, attempt: 2, bytes: 65 }],
      ['response', { ...about, attempt: 2, status: 200, duration: ms }],
    ])
    expect(channel.calls).toEqual([
      { ...about, outcome: 'accepted', attempts: 2, startTime: ms, duration: ms, code: undefined, status: 200 },
    ])
    expect(inspect([calls, channel.calls], { depth: 9 })).not.toContain('canary')
  })

  test('that fails', async () => {
    const { calls, on } = recordingHooks()
    const channel = listen<TriggerEvent>('pingerchips:trigger')
    statuses = [422]
    const error = await clientWith(on)
      .trigger('private-a', 'e', 'canary-data')
      .catch((thrown: unknown) => thrown)
    channel.stop()
    expect(calls.at(-1)).toEqual(['error', error])
    expect(channel.calls).toMatchObject([
      { outcome: 'not_delivered', attempts: 1, code: 'validation_failed', status: 422 },
    ])
    expect(inspect([calls, channel.calls], { depth: 9, showHidden: true })).not.toContain('canary')
  })

  test('a hook that throws or rejects is logged and has no other effect', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const broken = {
      request() {
        throw new Error('broken')
      },
      response: async () => {
        throw new Error('broken later')
      },
    }
    await clientWith(broken).trigger('private-a', 'e', 1)
    expect(reported.mock.calls.map(([error]) => (error as Error).message)).toEqual(['broken', 'broken later'])
  })
})

describe('the auth endpoint', () => {
  test('calls the auth hook with each decision', async () => {
    const { calls, on } = recordingHooks()
    const channel = listen<AuthEvent>('pingerchips:auth')
    const handler = fetchHandler({
      client: clientWith(on),
      onError: () => {},
      user: () => ({ id: '1' }),
      signin: ({ user }) => user,
      authorize({ channel }) {
        if (channel === 'private-broken') throw new Error('canary')
        return channel === 'private-expired' ? deny({ status: 401 }) : channel === 'private-mine'
      },
    })
    const ask = (body: string, path = 'auth') =>
      handler(
        new Request(`http://127.0.0.1/pingerchips/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body,
        }),
      )
    for (const name of ['mine', 'other', 'expired', 'broken']) await ask(`socket_id=1.1&channel_name=private-${name}`)
    await ask('socket_id=canary:1&channel_name=private-mine')
    await ask('socket_id=1.1', 'user-auth')
    channel.stop()
    const auth = (outcome: string, status?: number, name?: string, type = 'subscribe') => ({
      type,
      outcome,
      channel: name,
      kind: name && 'private',
      status,
      startTime: ms,
      duration: ms,
    })
    const events = [
      auth('granted', 200, 'private-mine'),
      auth('refused', 403, 'private-other'),
      auth('refused', 401, 'private-expired'),
      auth('failed', undefined, 'private-broken'),
      auth('refused', 400),
      auth('granted', 200, undefined, 'signin'),
    ]
    expect(channel.calls).toEqual(events)
    expect(calls).toEqual(events.map((event) => ['auth', event]))
    expect(inspect(calls, { depth: 9 })).not.toContain('canary')
  })

  test('a client that cannot be had is the app’s failure, as without hooks', async () => {
    const errors: unknown[] = []
    const handler = fetchHandler({
      client: () => {
        throw new Error('no secrets here')
      },
      onError: (error) => errors.push(error),
      authorize: () => true,
    })
    const body = '{"socket_id":"1.1","channel_name":"private-a"}'
    const answer = await handler(
      new Request('http://127.0.0.1/', { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
    )
    expect([answer.status, errors]).toEqual([500, [new Error('no secrets here')]])
  })
})

describe('the options', () => {
  test.each([
    [{ hooks: null }, /^options\.hooks must be an object/],
    [{ hooks: { trigger: () => {} } }, /^Unknown option 'hooks\.trigger'\. Known options: request, response, /],
    [{ hooks: { request: 1 } }, /^options\.hooks\.request must be a function/],
    [{ onBackgroundError: 1 }, /^options\.onBackgroundError must be a function/],
  ])('%o', (options, message) => {
    expect(() => new PingerchipsServer('1', 's', { appKey: 'k', ...options } as never)).toThrow(message)
  })
})

describe('work in the background', () => {
  test('an onBackgroundError that rejects is logged, and the process lives', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => {})
    const onError = async () => {
      throw new Error('the log server is down')
    }
    const client = new PingerchipsServer('1', 's', { appKey: 'k', onBackgroundError: onError })
    await client.waitUntil(Promise.reject(new Error('lost')))
    const handler = fetchHandler({ client, onError, authorize: () => Promise.reject(new Error('no database')) })
    const body = '{"socket_id":"1.1","channel_name":"private-a"}'
    const headers = { 'content-type': 'application/json' }
    expect((await handler(new Request('http://127.0.0.1/', { method: 'POST', headers, body }))).status).toBe(500)
    await vi.waitFor(() => expect(reported).toHaveBeenCalledTimes(2))
  })

  test('waitUntil: a rejection goes to onBackgroundError, and close() waits for it', async () => {
    const failures: unknown[] = []
    const { port } = server.address() as AddressInfo
    const client = new PingerchipsServer('1', 's', {
      appKey: 'k',
      endpoint: `http://127.0.0.1:${port}`,
      onBackgroundError: (error) => failures.push(error),
    })
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    client.waitUntil(gate.then(() => client.trigger('a', 'e', 1)))
    client.waitUntil(Promise.reject(new Error('lost')))
    let closed = false
    const closing = client.close().then(() => {
      closed = true
    })
    await vi.waitFor(() => expect(failures).toEqual([new Error('lost')]))
    expect(closed).toBe(false)
    goOn()
    await closing
    expect(failures).toHaveLength(1)
    await expect(client.trigger('a', 'e', 1)).rejects.toMatchObject({ code: 'closed' })
  })
})
