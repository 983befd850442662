import { batchAuthorization, ChannelAuthorizationError } from '@pingerchips/client'
import type { RequestHandler } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { connect, outcome, service, startApp } from './app.ts'

type Result = { error: unknown; auth: unknown }

/** Requests channels at once, as pusher-js does, and returns the result of each. */
function authorizeAll(
  handler: ReturnType<typeof batchAuthorization>,
  channels: readonly string[],
  socketId = '1.1',
): Promise<Result[]> {
  return Promise.all(
    channels.map(
      (channelName) =>
        new Promise<Result>((resolve) => handler({ socketId, channelName }, (error, auth) => resolve({ error, auth }))),
    ),
  )
}

const names = (count: number, name = (index: number) => `private-${index}`) =>
  Array.from({ length: count }, (_, index) => name(index))
const granted = { error: null, auth: { auth: expect.stringMatching(/^local-key:[0-9a-f]{64}$/) } }

/** Responds to the first requests itself. */
const failing = (...responses: { status: number; retryAfter?: string }[]): RequestHandler => {
  return (_req, res, next) => {
    const response = responses.shift()
    if (response === undefined) return next()
    if (response.retryAfter !== undefined) res.set('retry-after', response.retryAfter)
    res.status(response.status).json({})
  }
}

test('pusher-js subscribes to 40 channels by one request, and each refused one has its own error', async () => {
  const local = await service()
  const { endpoint, batches } = await startApp()
  const pusher = connect(local, { channelAuthorization: { customHandler: batchAuthorization({ endpoint }) } })
  const channels = [...names(38), 'presence-room', 'private-other']
  const outcomes = await Promise.all(channels.map((name) => outcome(pusher, name)))
  expect(outcomes).toEqual([...Array(39).fill('subscribed'), 'private-other was not authorized (403)'])
  expect(batches).toEqual([channels])
})

test('channels of two connections are not in one request', async () => {
  const { endpoint, batches } = await startApp()
  const handler = batchAuthorization({ endpoint })
  await Promise.all([authorizeAll(handler, ['private-a']), authorizeAll(handler, ['private-b'], '2.2')])
  expect(batches.toSorted()).toEqual([['private-a'], ['private-b']])
})

test('channels that arrive within maxDelay are one request', async () => {
  const { endpoint, batches } = await startApp()
  const handler = batchAuthorization({ endpoint, maxDelay: 200 })
  const first = authorizeAll(handler, ['private-a'])
  await new Promise(setImmediate)
  await Promise.all([first, authorizeAll(handler, ['private-b'])])
  expect(batches).toEqual([['private-a', 'private-b']])
})

test('more than 100 channels are split', async () => {
  const { endpoint, batches } = await startApp()
  const results = await authorizeAll(batchAuthorization({ endpoint }), names(201))
  expect(results).toEqual(Array(201).fill(granted))
  expect(batches.map(({ length }) => length).toSorted()).toEqual([1, 100, 100])
})

test('names of more than 12 KB, as they are encoded, are split', async () => {
  const { endpoint, batches } = await startApp()
  const longest = names(100, (index) => `private-${'@'.repeat(189)}${String(index).padStart(3, '0')}`)
  expect(await authorizeAll(batchAuthorization({ endpoint }), longest)).toEqual(Array(100).fill(granted))
  expect(batches.length).toBeGreaterThan(4)
})

test('a channel that is requested twice at once is sent once, and both have its result', async () => {
  const { endpoint, batches } = await startApp()
  const results = await authorizeAll(batchAuthorization({ endpoint }), ['private-a', 'private-a'])
  expect(results).toEqual([granted, granted])
  expect(batches).toEqual([['private-a']])
})

test('a handler that throws does not stop the other channels', async () => {
  const { endpoint } = await startApp()
  const handler = batchAuthorization({ endpoint })
  const uncaught = vi.fn()
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', uncaught)
  try {
    handler({ socketId: '1.1', channelName: 'private-a' }, () => {
      throw new Error("the app's")
    })
    expect(await authorizeAll(handler, ['private-b'])).toEqual([granted])
    expect(uncaught).toHaveBeenCalledOnce()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})

describe('a request is sent once more', () => {
  test.each([429, 503])('after a %i, when Retry-After has passed', async (status) => {
    const { endpoint, batches } = await startApp(failing({ status, retryAfter: '0' }))
    expect(await authorizeAll(batchAuthorization({ endpoint }), names(2))).toEqual([granted, granted])
    expect(batches).toHaveLength(1)
  })

  test('and no third time', async () => {
    const { endpoint, batches } = await startApp(
      failing({ status: 503, retryAfter: '0' }, { status: 429, retryAfter: '0' }),
    )
    const results = await authorizeAll(batchAuthorization({ endpoint }), names(2))
    expect(results.map(({ error }) => (error as ChannelAuthorizationError).status)).toEqual([429, 429])
    expect(batches).toEqual([])
  })

  test('not after a 500', async () => {
    const { endpoint, batches } = await startApp(failing({ status: 500 }))
    const [result] = await authorizeAll(batchAuthorization({ endpoint }), ['private-a'])
    expect(result).toEqual({ error: expect.any(ChannelAuthorizationError), auth: null })
    expect(result?.error).toMatchObject({ status: 500, message: 'private-a was not authorized (500)' })
    expect(batches).toEqual([])
  })
})

describe('refresh', () => {
  /** Refuses a token that is not the current one. */
  const byToken = (tokens: { current: string }): RequestHandler => {
    return (req, res, next) => {
      if (req.headers.authorization === `Bearer ${tokens.current}`) next()
      else res.status(401).json({ error: 'token_expired' })
    }
  }

  test('is called once for every batch that was refused, and the batches are sent again', async () => {
    const tokens = { current: 'new' }
    let token = 'old'
    const refresh = vi.fn(async () => {
      token = 'new'
    })
    const { endpoint, batches } = await startApp(byToken(tokens))
    const handler = batchAuthorization({ endpoint, headers: () => ({ authorization: `Bearer ${token}` }), refresh })
    expect(await authorizeAll(handler, names(250))).toEqual(Array(250).fill(granted))
    expect(refresh).toHaveBeenCalledOnce()
    expect(batches).toHaveLength(3)
  })

  test.each([
    ['returns without a new token', () => {}],
    [
      'throws',
      () => {
        throw new Error('the refresh token is expired too')
      },
    ],
  ])('that %s leaves the 401 to every channel', async (_, refresh) => {
    const spy = vi.fn(refresh)
    const { endpoint } = await startApp(byToken({ current: 'new' }))
    const results = await authorizeAll(batchAuthorization({ endpoint, refresh: spy }), names(2))
    expect(results.map(({ error }) => (error as ChannelAuthorizationError).status)).toEqual([401, 401])
    expect(spy).toHaveBeenCalledOnce()
  })
})
