import { once } from 'node:events'
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fromNodeRequest, headerOf, limitBodyTime, sendNodeResponse } from '../src/adapter.ts'
import { errorResponses } from '../src/auth/responses.ts'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'
import { tooLarge } from '../src/requests/incoming-request.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })

describe('a header', () => {
  test.each<[headers: object, rawHeaders: string[] | undefined, value: string | undefined]>([
    [{}, [], undefined],
    [{ 'x-a': '1' }, ['X-A', '1'], '1'],
    [{ 'x-a': '1' }, ['X-A', '1', 'x-a', '2'], '1, 2'],
    [{ 'x-b': 'x-a', 'x-a': '1' }, ['x-b', 'x-a', 'x-a', '1'], '1'],
    // Of a request that a test or a platform has made.
    [{ 'x-a': '1' }, undefined, '1'],
    [{ 'x-a': '1' }, [], '1'],
    [{ 'x-a': ['1', '2'] }, undefined, '1, 2'],
  ])('of %j and %j', (headers, rawHeaders, value) => {
    expect(headerOf({ headers, rawHeaders } as unknown as IncomingMessage, 'x-a')).toBe(value)
  })
})

describe('a body', () => {
  let req: IncomingMessage
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    req = new IncomingMessage(new Socket())
  })
  const endOfTurn = () => new Promise(setImmediate)
  afterEach(async () => {
    await endOfTurn()
    vi.useRealTimers()
  })
  const read = (limit = 10) => fromNodeRequest(req, new ServerResponse(req)).body(limit)

  test('is the bytes that were sent', async () => {
    const body = read()
    req.push('ab')
    req.push('c')
    req.push(null)
    expect(new TextDecoder().decode((await body) as Uint8Array)).toBe('abc')
  })

  test('over the limit is read no further', async () => {
    const listeners = () => ['data', 'end', 'close'].map((event) => req.listenerCount(event))
    const before = listeners()
    const body = read(2)
    req.push('abc')
    expect(await body).toBe(tooLarge)
    expect(listeners()).toEqual(before)
    expect(() => req.emit('error', new Error('later'))).not.toThrow()
  })

  test.each(['close', 'error'])('of a client that leaves: %s', async (event) => {
    const body = read()
    req.emit(event, new Error('gone'))
    expect(await body).toBeUndefined()
  })

  test('of a client that left before', async () => {
    req.destroy()
    expect(await read()).toBeUndefined()
    await endOfTurn()
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each(['its end', 'its connection is closed'])('has its time until %s', async (event) => {
    limitBodyTime(req)
    await endOfTurn()
    expect(vi.getTimerCount()).toBe(1)
    if (event === 'its end') req.emit('end')
    else req.socket.emit('close')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('closes its connection after 10 s, and not before', async () => {
    limitBodyTime(req)
    await endOfTurn()
    vi.advanceTimersByTime(9_999)
    expect(req.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(req.destroyed).toBe(true)
  })

  test.each<[string, (req: IncomingMessage) => unknown]>([
    ['is whole', (whole) => Object.assign(whole, { complete: true })],
    ['is gone', (gone) => gone.destroy()],
  ])('that %s at the end of the turn needs no timer, and the others of the turn do', async (_name, happens) => {
    const other = new IncomingMessage(new Socket())
    limitBodyTime(req)
    limitBodyTime(other)
    happens(req)
    await endOfTurn()
    expect(vi.getTimerCount()).toBe(1)
    limitBodyTime(req)
    limitBodyTime(other)
    await endOfTurn()
    expect(vi.getTimerCount()).toBe(2)
  })

  test('that was read in part is gone', async () => {
    req.push('ab')
    req.read()
    await Promise.resolve()
    expect(() => read()).toThrow(expect.objectContaining({ code: 'body_consumed' }))
  })

  test.each([null, 1, true, () => 1])('that a parser made into %s is no body', (parsed) => {
    req.push('x')
    req.read()
    expect(fromNodeRequest(req, new ServerResponse(req), [{ body: parsed }]).body(10)).toBeUndefined()
  })
})

test('an answer that is already begun is left alone', () => {
  const res = new ServerResponse(new IncomingMessage(new Socket()))
  res.writeHead(200)
  expect(() => sendNodeResponse(res, errorResponses.noAccess)).not.toThrow()
  expect(res.statusCode).toBe(200)
})

describe('nodeHandler', () => {
  const post = async (handler: RequestListener, path: string, body: object) => {
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return [answer.status, await answer.json()]
    } finally {
      server.close()
    }
  }

  test('routes by the last segment of the path, without the query', async () => {
    const handler = nodeHandler({ client, user: () => 'a', authorize: () => false, signin: (): null => null })
    for (const path of ['/user-auth', '/x/user-auth?a=/auth', '/user-auth/?a'])
      expect(await post(handler, path, { socket_id: '1.1' })).toEqual([403, { error: 'Access denied' }])
    expect((await post(handler, '/auth?a=/user-auth', { socket_id: '1.1' }))[0]).toBe(400)
  })

  test('counts by the address of the socket', async () => {
    const addresses: unknown[] = []
    const key = ({ address }: { address: string | undefined }) => {
      addresses.push(address)
      return 'all'
    }
    const limit = { limiter: { consume: async () => {} }, key }
    const handler = nodeHandler({ client, authorize: () => true, rateLimit: limit })
    expect((await post(handler, '/auth', { socket_id: '1.1', channel_name: 'private-a' }))[0]).toBe(200)
    expect(addresses).toEqual(['127.0.0.1'])
  })
})
