import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'

const client = new PingerchipsServer('3', 'secret', { appKey: 'key' })
const request = () =>
  new Request('http://app.example/pingerchips/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"socket_id":"1.1","channel_name":"private-a"}',
  })

/** As SvelteKit, Astro, React Router and SolidStart call an endpoint. */
interface RequestEvent {
  readonly request: Request
  readonly locals: { readonly user?: { readonly id: string } }
  readonly params: object
}

describe('fetchHandler', () => {
  const POST = fetchHandler({
    client,
    user: (_request, { event }: { event: RequestEvent }) => event.locals.user,
    authorize: ({ user, event }) => user.id === event.locals.user?.id,
  })
  test.each<[id: string | undefined, status: number]>([
    ['1', 200],
    [undefined, 403],
  ])('is a handler of an event, whose locals have the user: %s', async (id, status) => {
    const event = { request: request(), locals: id === undefined ? {} : { user: { id } }, params: {} }
    expectTypeOf(POST).toExtend<(event: RequestEvent) => Promise<Response>>()
    expect((await POST(event)).status).toBe(status)
  })
  test('passes on what a runtime gives beside the request', async () => {
    const user = vi.fn((_request: Request, { event }: { event: unknown }) => ({ id: '1', event }))
    const authorize = vi.fn(() => true)
    const second = { params: Promise.resolve({}) }
    expect((await fetchHandler({ client, user, authorize })(request(), second)).status).toBe(200)
    expect(user.mock.calls[0]?.[1]).toMatchObject({ event: second, socketId: '1.1', channel: 'private-a' })
    expect(authorize).toHaveBeenCalledWith(expect.objectContaining({ event: second }))
  })
  test('responds to the OPTIONS of an event', async () => {
    const event = { request: new Request('http://app.example', { method: 'OPTIONS' }), locals: {}, params: {} }
    expect((await POST(event)).status).toBe(204)
  })
  test.each<[string, unknown, RegExp]>([
    [
      'an AWS Lambda event (HTTP API)',
      { version: '2.0', requestContext: { http: { method: 'POST' } }, body: '' },
      /AWS Lambda event: .*serverless-http/,
    ],
    ['an AWS Lambda event (REST API)', { httpMethod: 'POST', path: '/', body: '' }, /AWS Lambda event/],
    ["Node's request", { rawHeaders: [], headers: {}, method: 'POST', url: '/' }, /use nodeHandler/],
    ['nothing', undefined, /received undefined/],
    ['an object', {}, /received an object/],
  ])('%s is an error that says what to do', async (_name, input, message) => {
    await expect(POST(input as RequestEvent)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(message) }),
    )
  })
})

describe('nodeHandler', () => {
  test('gives the callbacks the response, as getServerSession(req, res) needs', async () => {
    const handler = nodeHandler({
      client,
      user(_req, { response }) {
        response.setHeader('set-cookie', 'session=renewed')
        return { id: '1' }
      },
      authorize: ({ response }) => response.getHeader('set-cookie') === 'session=renewed',
    })
    const server = createServer(handler).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"socket_id":"1.1","channel_name":"private-a"}',
    })
    expect([response.status, response.headers.get('set-cookie')]).toEqual([200, 'session=renewed'])
    server.close()
    server.closeAllConnections()
  })
  test('takes a next and is no async function, which restify refuses', () => {
    const handler = nodeHandler({ client, authorize: () => true })
    expect([handler.length, handler.constructor.name]).toEqual([3, 'Function'])
  })
  test.each([
    [{ version: '2.0', requestContext: {}, headers: {} }, {}],
    [request(), undefined],
    [undefined, undefined],
  ])('an event or a Request is an error that says what to do: %#', (req, res) => {
    const handler = nodeHandler({ client, authorize: () => true })
    expect(() => handler(req as never, res as never)).toThrow(/fetchHandler of @pingerchips\/core\/fetch.*AWS Lambda/)
  })
})
