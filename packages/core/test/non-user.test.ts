import { EventEmitter, once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { describe, expect, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const incoming = new IncomingMessage(new Socket())
const outgoing = new ServerResponse(incoming)

/** Values by which an app refuses in its framework's way, or that it returns by mistake. */
const nonUsers: readonly (readonly [name: string, value: unknown])[] = [
  ['true', true],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a symbol', Symbol('user')],
  ['a function', () => ({ id: '1' })],
  ['a class', class User {}],
  ['a Response', new Response('{}', { status: 401 })],
  ['a Response of another realm', runInNewContext('({ get [Symbol.toStringTag]() { return "Response" } })')],
  ['a redirect', Response.redirect('https://app.example/login', 302)],
  ['Headers', new Headers()],
  ['a Request', new Request('https://app.example')],
  ['a web stream', new ReadableStream()],
  ['a Blob', new Blob([])],
  ['FormData', new FormData()],
  ['a URL', new URL('https://app.example')],
  ['URLSearchParams', new URLSearchParams()],
  ['an Error', new Error('expired')],
  ['an Error of another realm', runInNewContext('new Error("expired")')],
  ['an Error with an id', Object.assign(new Error('expired'), { id: '1' })],
  ['a DOMException', AbortSignal.abort().reason],
  ['an AbortSignal', AbortSignal.abort()],
  ['an array', []],
  ['an array of rows', [{ id: '1' }]],
  ['a Map', new Map()],
  ['a Set', new Set()],
  ['a Date', new Date()],
  ['a RegExp', /a/],
  ['a Buffer', Buffer.from('a')],
  ['an ArrayBuffer', new ArrayBuffer(1)],
  ['a boxed false', Object(false)],
  ['a boxed string', Object('')],
  ['a generator', (function* () {})()],
  ['a Node request', incoming],
  ['a Node response', outgoing],
  ['a Node stream', Readable.from([])],
  ['a wrapper of a response', { res: outgoing, status: 200 }],
  ['a wrapper of a request', { raw: new Request('https://app.example') }],
  ['a description of a response', { statusCode: 401, body: '{}' }],
  ['a description of a response with its status as text', { statusCode: '401', body: '{}' }],
  ['a status of Elysia', { code: 401, response: 'Unauthorized' }],
  ['a failed result with its error', { data: null, error: new Error('expired') }],
  ['a failed result of zod', { success: false, error: {} }],
  ['a failed result', { ok: false }],
  ['a proxy of a Response', new Proxy(new Response(), {})],
  ['a Response with a tag of its own', Object.defineProperty(new Response(), Symbol.toStringTag, { value: 'Object' })],
  ['a proxy of a boxed false', new Proxy(Object(false), {})],
  [
    'a boxed false with a tag of its own',
    Object.defineProperty(Object(false), Symbol.toStringTag, { value: 'Object' }),
  ],
  ['a proxy of a Date', new Proxy(new Date(), {})],
  ['an iterator', new Map().entries()],
  ['a namespace of the language', Math],
  ['the process', process],
  ['a failed action of SvelteKit', { status: 401, data: {} }],
  ['data with a status of React Router', { type: 'DataWithResponseInit', data: {}, init: { status: 403 } }],
]

const users: readonly (readonly [name: string, value: unknown])[] = [
  ['an id', 'a'],
  ['the id 0', 0],
  ['a negative id', -1],
  ['a bigint', 1n],
  ['an object', { id: '1' }],
  ['an empty object', {}],
  ['an object without a prototype', Object.assign(Object.create(null), { id: '1' })],
  ['an object of another realm', runInNewContext('({ id: "1" })')],
  ['a user with a status', { id: '1', status: 'active' }],
  ['a user with a status code of its own', { id: '1', status: 1 }],
  ['a user with a country code', { id: '1', code: 352 }],
  ['a user with an error of their own', { id: '1', error: null, ok: true, success: true }],
  ['an instance of an event emitter', Object.assign(new EventEmitter(), { id: '1' })],
  ['a user with a request of their own', { id: '1', request: 'to be a friend', response: null, headers: {} }],
  [
    'an instance of a class of the app',
    new (class User {
      readonly id = '1'
    })(),
  ],
  [
    'an instance with a tag of its own',
    new (class {
      readonly id = '1'
      get [Symbol.toStringTag]() {
        return 'User'
      }
    })(),
  ],
  [
    'a strict proxy',
    new Proxy(
      { id: '1' },
      {
        get(target, key) {
          if (key in target || typeof key === 'symbol' || key === 'then') return Reflect.get(target, key)
          throw new Error(`no property ${key}`)
        },
      },
    ),
  ],
]

/** What a handler responds if a callback returns a value, and the code of the error. */
async function respond(options: object, path = '/auth'): Promise<unknown[]> {
  const onError = vi.fn()
  const handler = fetchHandler({ client, authorize: () => true, onError, ...options } as never)
  const response = await handler(
    new Request(`http://app.example${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"socket_id":"1.1","channel_name":"private-a"}',
    }),
  )
  const text = await response.text()
  expect(text.includes('key:')).toBe(response.status === 200)
  return [response.status, onError.mock.calls[0]?.[0].code]
}

describe('a value that is no user is an error of the app, and nothing is signed', () => {
  test.each(nonUsers)('user returns %s', async (_name, value) => {
    expect(await respond({ user: () => value })).toEqual([500, 'invalid_callback_result'])
    expect(await respond({ user: async () => value })).toEqual([500, 'invalid_callback_result'])
    expect(await respond({ user: () => value, signin: () => ({ id: '1' }) }, '/user-auth')).toEqual([
      500,
      'invalid_callback_result',
    ])
  })
  const results = nonUsers.filter(([, value]) => value !== true)
  test.each(results)('authorize returns %s', async (_name, value) => {
    expect(await respond({ authorize: () => value })).toEqual([500, 'invalid_callback_result'])
  })
  test.each(nonUsers)('signin returns %s', async (_name, value) => {
    const options = { user: () => 'a', signin: () => value }
    expect(await respond(options, '/user-auth')).toEqual([500, 'invalid_callback_result'])
  })
  test.each(users)('%s is a user', async (_name, value) => {
    expect(await respond({ user: () => value })).toEqual([200, undefined])
  })
})

test('the request and the response that a callback received are no user', async () => {
  const codes: unknown[] = []
  const onError = (error: Error) => void codes.push((error as { code?: unknown }).code)
  const handlers = [
    nodeHandler({ client, user: (req) => req, authorize: () => true, onError }),
    nodeHandler({ client, user: (_req, { response }) => response, authorize: () => true, onError }),
  ]
  for (const handler of handlers) {
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"socket_id":"1.1","channel_name":"private-a"}',
    })
    expect(response.status).toBe(500)
    server.close()
    server.closeAllConnections()
  }
  const event = { request: new Request('http://app.example/auth', { method: 'POST' }), locals: {} }
  Object.assign(event, {
    request: new Request('http://app.example/auth', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"socket_id":"1.1","channel_name":"private-a"}',
    }),
  })
  const own = fetchHandler({
    client,
    user: (_request, context) => context.event as object,
    authorize: () => true,
    onError,
  })
  expect((await own(event)).status).toBe(500)
  expect(codes).toEqual(Array(3).fill('invalid_callback_result'))
})
