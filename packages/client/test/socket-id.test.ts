import { socketIdInterceptor, withSocketId } from '@pingerchips/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const connected = { connection: { socket_id: '1.1' } }

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://app.example/page'))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** The header that a request is sent with. */
async function sent(input: string | URL | Request, init?: RequestInit, source: object = connected) {
  const send = vi.fn(async (_input: string | URL | Request, _init?: RequestInit) => new Response())
  await withSocketId(source as typeof connected, send)(input, init)
  const [to, options] = send.mock.lastCall ?? []
  return new Headers(options?.headers ?? (to instanceof Request ? to.headers : undefined)).get('x-socket-id')
}

test.each(['/messages', 'messages', 'https://app.example/messages', '?q'])(
  'fetch of %s carries the id',
  async (url) => {
    expect(await sent(url)).toBe('1.1')
  },
)

test.each([
  'https://other.example/',
  '//other.example/',
  'http://app.example/',
  'https://app.example:8443/',
  'https://app.example.evil.example/',
  'data:,x',
])('fetch of %s, of another origin, does not', async (url) => {
  expect(await sent(url)).toBeNull()
})

test('a URL and a Request carry it too, beside their own headers', async () => {
  expect(await sent(new URL('https://app.example/'))).toBe('1.1')
  expect(await sent(new Request('https://app.example/', { headers: { a: 'b' } }))).toBe('1.1')
})

test('a header of the app is kept', async () => {
  expect(await sent('/', { headers: { 'X-Socket-ID': '2.2' } })).toBe('2.2')
})

test('before the connection there is no header', async () => {
  expect(await sent('/', {}, { connection: {} })).toBeNull()
})

test.each([
  [{ url: '/a' }, 1],
  [{ url: 'a', baseURL: '/api/' }, 1],
  [{ url: 'a', baseURL: 'https://other.example/' }, 0],
  [{ url: 'https://other.example/' }, 0],
])('axios: %j has it %i times', (request, times) => {
  const set = vi.fn()
  socketIdInterceptor(connected)({ ...request, headers: { set } })
  expect(set.mock.calls).toEqual(Array(times).fill(['X-Socket-ID', '1.1']))
})
