import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fetchHandler } from '../src/fetch.ts'
import { PingerchipsServer } from '../src/index.ts'

const env = {
  PINGERCHIPS_APP_ID: '3',
  PINGERCHIPS_APP_KEY: '278d425bdf160c739803',
  PINGERCHIPS_APP_SECRET: '7ad3773142a6692b25b8',
  PINGERCHIPS_ENDPOINT: 'http://127.0.0.1:6001',
  PINGERCHIPS_API_TOKEN: 't',
}
const signature = '278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4'
const sign = (client: PingerchipsServer) => client.authenticate('1234.1234', 'private-foobar').auth

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('fromEnv', () => {
  test('makes a client that signs the published vector', () => {
    expect(sign(PingerchipsServer.fromEnv(env))).toBe(signature)
  })

  test.each(['PINGERCHIPS_APP_ID', 'PINGERCHIPS_APP_SECRET'])('names %s when it is missing or empty', (name) => {
    for (const value of [undefined, ''])
      expect(() => PingerchipsServer.fromEnv({ ...env, [name]: value })).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          code: 'invalid_argument',
          message: expect.stringMatching(new RegExp(`^${name} is missing or empty in the environment`)),
          argument: name,
        }),
      )
  })

  test('names both the key and the token when neither is set', () => {
    const { PINGERCHIPS_APP_KEY: _key, PINGERCHIPS_API_TOKEN: _token, ...rest } = env
    expect(() => PingerchipsServer.fromEnv(rest)).toThrow(/PINGERCHIPS_APP_KEY.*PINGERCHIPS_API_TOKEN/)
    expect(() => PingerchipsServer.fromEnv(rest, { appKey: 'k' })).not.toThrow()
  })

  test('options take precedence; an option that is undefined does not', () => {
    const fromBoth = PingerchipsServer.fromEnv(env, { appKey: undefined, endpoint: undefined, token: undefined })
    expect(sign(fromBoth)).toBe(signature)
    expect(sign(PingerchipsServer.fromEnv(env, { appKey: 'other' }))).toMatch(/^other:/)
    const bad = { ...env, PINGERCHIPS_ENDPOINT: 'ftp://a.example' }
    expect(() => PingerchipsServer.fromEnv(bad, { endpoint: undefined })).toThrow(/^options.endpoint /)
  })

  test('reads process.env by default, and returns the same client again', () => {
    expect(() => PingerchipsServer.fromEnv()).toThrow(/^PINGERCHIPS_APP_ID is missing/)
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    expect(sign(PingerchipsServer.fromEnv())).toBe(signature)
    expect(PingerchipsServer.fromEnv()).toBe(PingerchipsServer.fromEnv(process.env))
  })

  test.each([
    ['PINGERCHIPS_PROTOCOL', 'pushr', /^options\.protocol must be one of/],
    ['PINGERCHIPS_ALLOW_HTTP', 'yes', /^PINGERCHIPS_ALLOW_HTTP must be 'true' or 'false'/],
    ['PINGERCHIPS_ENCRYPTION_MASTER_KEY', 'canary', /^options\.encryptionMasterKey must be/],
    ['PINGERCHIPS_APP_ID', '../x', /^appId must be/],
  ])('refuses %s=%s', (name, value, message) => {
    expect(() => PingerchipsServer.fromEnv({ ...env, [name]: value })).toThrow(message)
  })

  test('PINGERCHIPS_ALLOW_HTTP allows http to another machine', () => {
    const compose = { ...env, PINGERCHIPS_ENDPOINT: 'http://soketi:6001' }
    expect(() => PingerchipsServer.fromEnv(compose)).toThrow(/^options\.endpoint must be https/)
    for (const value of ['true', '1', true])
      expect(() => PingerchipsServer.fromEnv({ ...compose, PINGERCHIPS_ALLOW_HTTP: value })).not.toThrow()
    for (const value of ['false', '0', false])
      expect(() => PingerchipsServer.fromEnv({ ...compose, PINGERCHIPS_ALLOW_HTTP: value })).toThrow(/must be https/)
  })

  test('PINGERCHIPS_PROTOCOL selects the protocol', async () => {
    const client = PingerchipsServer.fromEnv({ ...env, PINGERCHIPS_PROTOCOL: 'token' })
    await expect(client.listChannels()).rejects.toThrow(/'token'/)
  })

  test.each([null, 'x', 5, [] as never])('refuses the environment %j', (value) => {
    expect(() => PingerchipsServer.fromEnv(value as never)).toThrow(TypeError)
  })
})

describe('fromEnv returns one client', () => {
  test('for each env object, whatever its prototype', () => {
    for (const each of [env, { ...env }, Object.assign(Object.create(null), env), Object.create(env)])
      expect(PingerchipsServer.fromEnv(each)).toBe(PingerchipsServer.fromEnv(each))
    expect(PingerchipsServer.fromEnv({ ...env })).not.toBe(PingerchipsServer.fromEnv({ ...env }))
  })

  test('for equal options, and another one for others', () => {
    const hooks = { request: () => {} }
    const make = (options: object) => PingerchipsServer.fromEnv(env, options)
    expect(make({})).toBe(PingerchipsServer.fromEnv(env))
    expect(make({ timeout: 5 })).toBe(make({ timeout: 5 }))
    expect(make({ timeout: undefined })).toBe(make({}))
    expect(make({ hooks })).toBe(make({ hooks: { ...hooks } }))
    expect(make({ timeout: 5 })).not.toBe(make({ timeout: 6 }))
    expect(make({ hooks: { request: () => {} } })).not.toBe(make({ hooks }))
  })

  test('for each of two tenants that share an env object', () => {
    const tenants = ['a', 'b'].map((name) => ({ appKey: `key-${name}` }))
    for (let round = 0; round < 3; round++)
      expect(tenants.map((tenant) => sign(PingerchipsServer.fromEnv(env, tenant)).split(':')[0])).toEqual([
        'key-a',
        'key-b',
      ])
    const bySecret = (secret: string) => PingerchipsServer.fromEnv({ ...env, PINGERCHIPS_APP_SECRET: secret })
    expect(sign(bySecret('one'))).not.toBe(sign(bySecret('two')))
  })

  test('a secret that is changed in the env object signs from then on', () => {
    const changing = { ...env, PINGERCHIPS_APP_SECRET: 'before' }
    const before = sign(PingerchipsServer.fromEnv(changing))
    changing.PINGERCHIPS_APP_SECRET = '7ad3773142a6692b25b8'
    expect([before === signature, sign(PingerchipsServer.fromEnv(changing))]).toEqual([false, signature])
  })

  test('that is not closed', async () => {
    const own = { ...env }
    const first = PingerchipsServer.fromEnv(own)
    await first.close()
    expect(PingerchipsServer.fromEnv(own)).not.toBe(first)
  })

  test('and keeps at most 16 of an env object', () => {
    const own = { ...env }
    const clients = Array.from({ length: 20 }, (_, index) => PingerchipsServer.fromEnv(own, { timeout: index + 1 }))
    expect(PingerchipsServer.fromEnv(own, { timeout: 20 })).toBe(clients[19])
    expect(PingerchipsServer.fromEnv(own, { timeout: 1 })).not.toBe(clients[0])
  })
})

describe('fromURL', () => {
  const { PINGERCHIPS_APP_KEY: key, PINGERCHIPS_APP_SECRET: secret } = env
  const url = `https://${key}:${secret}@api.example/apps/3`

  test('reads key, secret, endpoint and app id', () => {
    expect(sign(PingerchipsServer.fromURL(url))).toBe(signature)
    expect(sign(PingerchipsServer.fromURL(new URL(`${url}/`)))).toBe(signature)
    expect(sign(PingerchipsServer.fromURL(`https://${key}:${secret}@api.example/base/apps/3?protocol=pusher`))).toBe(
      signature,
    )
    expect(sign(PingerchipsServer.fromEnv({ PINGERCHIPS_URL: url }))).toBe(signature)
  })

  test('decodes percent-encoding', () => {
    const odd = 's/e:c@r%t ü'
    const client = PingerchipsServer.fromURL(`https://k:${encodeURIComponent(odd)}@api.example/apps/3`)
    expect(sign(client)).toBe(sign(new PingerchipsServer('3', odd, { appKey: 'k' })))
  })

  test('takes options, which take precedence', () => {
    expect(sign(PingerchipsServer.fromURL(url, { appKey: 'other' }))).toMatch(/^other:/)
    expect(() => PingerchipsServer.fromURL(url, { timeOut: 5 } as never)).toThrow(/Did you mean 'timeout'\?/)
    expect(() => PingerchipsServer.fromURL(url.replace('https', 'http'))).toThrow(/must be https/)
    expect(() => PingerchipsServer.fromURL(url.replace('https', 'http'), { allowHttp: true })).not.toThrow()
  })

  test.each([
    [undefined, /^url must be a URL of the form https:\/\/APP_KEY:APP_SECRET@HOST\/apps\/APP_ID/],
    ['canary', /^url must be a URL/],
    ['ftp://k:canary@a.example/apps/3', /^url must be a URL/],
    ['https://k:canary@a.example/', /^url must end with \/apps\/APP_ID/],
    ['https://k:canary@a.example/apps/', /^url must end with \/apps\/APP_ID/],
    ['https://k:canary@a.example/apps/3/canary', /^url must end with \/apps\/APP_ID/],
    ['https://a.example/apps/3', /^url must have the app key and the app secret/],
    ['https://k@a.example/apps/3', /^url must have the app key and the app secret/],
    ['https://:canary@a.example/apps/3', /^url must have the app key and the app secret/],
    ['https://k:canary%zz@a.example/apps/3', /^url has a malformed percent-encoding/],
    ['https://k:canary@a.example/apps/3#canary', /^url must not have a fragment/],
    ['https://k:canary@a.example/apps/3?cluster=canary', /^url has an unknown parameter 'cluster'/],
    ['https://k:canary@a.example/apps/3?protocol=canary', /^options\.protocol must be one of/],
    ['https://k%0a:canary@a.example/apps/3', /^options\.appKey must be/],
  ])('refuses %s without its secret in the message', (bad, message) => {
    let error: unknown
    try {
      PingerchipsServer.fromURL(bad as string)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringMatching(message) })
    expect(inspect(error).replaceAll(/^ +at .*$/gm, '')).not.toContain('canary')
  })

  test('PINGERCHIPS_URL and a variable that contradicts it are refused', () => {
    expect(() => PingerchipsServer.fromEnv({ PINGERCHIPS_URL: url, PINGERCHIPS_APP_SECRET: 'other' })).toThrow(
      /^PINGERCHIPS_APP_SECRET is not the same as in PINGERCHIPS_URL/,
    )
    expect(sign(PingerchipsServer.fromEnv({ PINGERCHIPS_URL: url, PINGERCHIPS_APP_SECRET: secret }))).toBe(signature)
  })
})

describe('disabled', () => {
  test('triggers resolve, and the hooks see them', async () => {
    const seen: unknown[] = []
    const request = ({ channels, event }: { channels: readonly string[]; event: string | undefined }) =>
      seen.push([channels, event])
    const client = PingerchipsServer.disabled({ hooks: { request } })
    await client.trigger('news', 'added', { id: 1 })
    await client.trigger(['a', 'b'], 'added', 1, { socketId: '1.1' })
    await client.trigger('private-encrypted-a', 'added', 1)
    await client.sendToUser('7', 'invited', null)
    const results = await client.triggerBatch([{ channel: 'c', event: 'e', data: 1 }])
    expect(results).toEqual([{ status: 'fulfilled', value: undefined }])
    expect(seen).toEqual([
      [['news'], 'added'],
      [['a', 'b'], 'added'],
      [['private-encrypted-a'], 'added'],
      [['#server-to-user-7'], 'invited'],
      [['c'], 'e'],
    ])
    await client.close()
  })

  test('arguments are checked', async () => {
    const client = PingerchipsServer.disabled()
    await expect(client.trigger('a b', 'e', 1)).rejects.toThrow(/^channel must be/)
    expect(() => PingerchipsServer.disabled({ appKey: 'k' } as never)).toThrow(/^Unknown option 'appKey'/)
  })

  test('queries return nothing', async () => {
    const client = PingerchipsServer.disabled()
    expect(await client.listChannels()).toEqual({})
    expect(await client.getChannel('a', { info: ['subscription_count'] })).toEqual({
      occupied: false,
      subscription_count: 0,
    })
    expect(await client.listMembers('presence-a')).toEqual([])
    await client.terminateUserConnections('7')
  })

  test('signing and verifying throw disabled', async () => {
    const client = PingerchipsServer.disabled()
    const disabled = expect.objectContaining({ name: 'PingerchipsError', code: 'disabled' })
    expect(() => client.authenticate('1.1', 'private-a')).toThrow(disabled)
    expect(() => client.authenticateUser('1.1', { id: '7' })).toThrow(disabled)
    await expect(client.webhook({ headers: {}, rawBody: '' })).rejects.toThrow(disabled)
  })

  test('the auth endpoint responds with a 503 that says why', async () => {
    const handler = fetchHandler({ client: PingerchipsServer.disabled(), authorize: () => true })
    const body = new URLSearchParams({ socket_id: '1.1', channel_name: 'private-a' })
    const response = await handler(new Request('http://127.0.0.1/', { method: 'POST', body }))
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: 'Pingerchips is not configured on this server' },
    ])
  })
})

test('in a browser, where a shared file has no variables, the error says that this runs on the server', () => {
  vi.stubGlobal('document', {})
  try {
    expect(() => PingerchipsServer.fromEnv({})).toThrow(/^PINGERCHIPS_APP_ID is missing: this runs on the server alone/)
  } finally {
    vi.unstubAllGlobals()
  }
})
