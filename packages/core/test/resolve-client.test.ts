import { describe, expect, test, vi } from 'vitest'
import { MountedEndpoint } from '../src/adapter.ts'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'

const authorize = () => true
const request = (headers: Record<string, string> = {}, body = '{"socket_id":"1.1","channel_name":"private-a"}') =>
  new Request('http://app.example/auth', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
const keyOf = async (response: Response) => ((await response.json()) as { auth: string }).auth.split(':')[0]
const tenants = Object.fromEntries(
  ['one', 'two'].map((key) => [key, new PingerchipsServer('3', `secret ${key}`, { appKey: key })]),
)
const tenantOf = (req: Request) => tenants[req.headers.get('x-tenant') ?? ''] as PingerchipsServer

describe('a client function', () => {
  // Bun passes its Server, Workers pass env: one object for every request.
  test.each([[{}], [undefined], [Object.create(null)]])(
    'is called for every request, whatever the event: %o',
    async (event) => {
      const client = vi.fn(tenantOf)
      const handler = fetchHandler({ client, authorize })
      for (const tenant of ['one', 'two', 'one', 'two'])
        expect(await keyOf(await handler(request({ 'x-tenant': tenant }), event))).toBe(tenant)
      expect(client).toHaveBeenCalledTimes(4)
    },
  )
  test('may be async', async () => {
    const handler = fetchHandler({ client: async (req) => tenantOf(req), authorize })
    const requests = ['one', 'two', 'one'].map((tenant) => handler(request({ 'x-tenant': tenant })))
    expect(await Promise.all((await Promise.all(requests)).map(keyOf))).toEqual(['one', 'two', 'one'])
  })
  test('gets the event of the framework', async () => {
    const env = { PINGERCHIPS_APP_ID: '1', PINGERCHIPS_APP_SECRET: 's', PINGERCHIPS_APP_KEY: 'of-env' }
    const handler = fetchHandler({ client: (_req, event: typeof env) => PingerchipsServer.fromEnv(event), authorize })
    expect(await keyOf(await handler(request(), env))).toBe('of-env')
  })
  test('that fails is an error of the app, and the next request calls it again', async () => {
    const onError = vi.fn()
    const client = vi.fn(tenantOf).mockImplementationOnce(() => Promise.reject(new Error('no database')) as never)
    const handler = fetchHandler({ client, authorize, onError })
    expect((await handler(request({ 'x-tenant': 'one' }))).status).toBe(500)
    expect(await keyOf(await handler(request({ 'x-tenant': 'one' })))).toBe('one')
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual(['no database'])
  })
  test('has its time', async () => {
    const onError = vi.fn()
    const handler = fetchHandler({ client: () => new Promise(() => {}), authorize, onError, timeout: 5 })
    expect((await handler(request())).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'callback_timeout',
      message: expect.stringMatching(/^client /),
    })
  })
  test('counts the requests of each tenant with a key of its own', async () => {
    const keys: string[] = []
    const limiter = { consume: async (key: string) => void keys.push(key) }
    const client = vi.fn(async (req: Request) => tenantOf(req))
    const handler = fetchHandler({ client, authorize, rateLimit: { limiter, key: () => 'all' } })
    for (const tenant of ['one', 'two', 'one']) await handler(request({ 'x-tenant': tenant }))
    expect([keys[0] === keys[1], keys[0] === keys[2]]).toEqual([false, true])
    expect(client).toHaveBeenCalledTimes(3)
  })
  test('serves the client of a request too', async () => {
    const endpoint = new MountedEndpoint<Request, undefined>({ client: async (req) => tenantOf(req), authorize })
    const header = () => undefined
    const two = endpoint.requestClient(request({ 'x-tenant': 'two' }), { header })
    expect(() => two.client).toThrow(/resolveClient\(\)/)
    expect(await two.resolveClient()).toBe(tenants.two)
    expect(two.client).toBe(tenants.two)
  })
})

describe('without the option client', () => {
  const env = { PINGERCHIPS_APP_ID: '1', PINGERCHIPS_APP_SECRET: 's', PINGERCHIPS_APP_KEY: 'environment' }
  test('the handler is made without secrets, and its first use names what is missing', async () => {
    const onError = vi.fn()
    const handler = fetchHandler({ authorize, onError })
    expect((await handler(request())).status).toBe(500)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^options\.client was left out, .*PINGERCHIPS_APP_ID.* Set the variable/),
    })
  })
  test('what is refused needs no client', async () => {
    const refuse = fetchHandler({ authorize: () => false })
    expect((await refuse(request())).status).toBe(403)
    expect((await refuse(request({}, '{}'))).status).toBe(400)
  })
  test('it is made of the environment, once it is there', async () => {
    const onError = vi.fn()
    const handler = fetchHandler({ authorize, onError })
    await handler(request())
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    try {
      expect(await keyOf(await handler(request()))).toBe('environment')
      const endpoint = new MountedEndpoint<object, undefined>({ authorize })
      const { client } = endpoint.requestClient({}, { header: () => undefined })
      expect(client).toBe(PingerchipsServer.fromEnv())
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

test('a client without credentials refuses with a body that says so', async () => {
  const onError = vi.fn()
  const handler = fetchHandler({
    client: PingerchipsServer.disabled(),
    user: () => 'a',
    authorize,
    signin: () => ({ id: 'a' }),
    webhooks: { handler() {} },
    rateLimit: { limiter: { consume: async () => {} }, key: () => 'a' },
    onError,
  })
  const signed = { 'x-pusher-key': 'key', 'x-pusher-signature': '0'.repeat(64) }
  for (const path of ['auth', 'user-auth', 'webhooks']) {
    const response = await handler(new Request(`http://app.example/${path}`, request(signed)))
    expect([path, response.status, await response.json()]).toEqual([
      path,
      503,
      { error: 'Pingerchips is not configured on this server' },
    ])
  }
  expect(onError).not.toHaveBeenCalled()
})
