import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import Pusher from 'pusher'
import pusherJs from 'pusher-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { PingerchipsError, PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'
import { nodeHandler } from '../src/node.ts'
import { defaultApp, startLocal } from './local-service.ts'

/** pusher-js is CommonJS whose types claim a `default` that the module does not have. Its build for Node decrypts. */
const Browser = pusherJs as unknown as typeof pusherJs.default
/** The cipher of the pusher package: the original. */
const nacl = createRequire(createRequire(import.meta.url).resolve('pusher'))('tweetnacl') as {
  secretbox: { open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null }
}

const masterKey = randomBytes(32).toString('base64')
const { id, key, secret } = defaultApp
const nowhere = 'http://127.0.0.1:9'
const make = (options: PingerchipsServerOptions = {}, Client = PingerchipsServer) =>
  new Client(id, secret, {
    appKey: key,
    endpoint: nowhere,
    protocol: 'pusher',
    encryptionMasterKey: masterKey,
    ...options,
  })

describe('authenticate', () => {
  test('derives the published key', () => {
    const encryptionMasterKey = 'zyrm8pvV2C9fJcBfhyXzvxbJVN/H7QLmbe0xJi1GhPU='
    const bytes = Uint8Array.from(Buffer.from(encryptionMasterKey, 'base64'))
    for (const given of [encryptionMasterKey, bytes, Buffer.from(bytes)]) {
      const client = new PingerchipsServer('1234', 'tofu', { appKey: 'f00d', encryptionMasterKey: given })
      const { shared_secret } = client.authenticate('123.456', 'private-encrypted-bla')
      expect(shared_secret).toBe('nlr49ISQHz91yS3cy/yWmW8wFMNeTnNL5tNHnbPJcLQ=')
      expect(client.authenticate('123.456', 'private-bla')).toEqual({ auth: expect.any(String) })
    }
  })

  test('gives, for random inputs, byte for byte what the pusher package gives', () => {
    const channel = fc
      .string({ unit: fc.constantFrom(...'abcXYZ0189_-=@,.;'), minLength: 1, maxLength: 182 })
      .map((rest) => `private-encrypted-${rest}`)
    const socketId = fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `${a}.${b}`)
    for (let n = 0; n < 5; n++) {
      const bytes = randomBytes(32)
      const encryptionMasterKeyBase64 = bytes.toString('base64')
      const theirs = new Pusher({ appId: id, key, secret, host: '127.0.0.1', encryptionMasterKeyBase64 })
      const ours = make({ encryptionMasterKey: bytes })
      fc.assert(
        fc.property(socketId, channel, (id, name) => {
          assert.deepEqual(ours.authenticate(id, name), theirs.authorizeChannel(id, name))
        }),
        { numRuns: 500 },
      )
    }
  })

  test('keeps the key that it was given', () => {
    const bytes = new Uint8Array(Buffer.from(masterKey, 'base64'))
    const client = make({ encryptionMasterKey: bytes })
    bytes.fill(0)
    expect(client.authenticate('1.1', 'private-encrypted-a')).toEqual(make().authenticate('1.1', 'private-encrypted-a'))
  })

  test('refuses a member: an encrypted channel has none', () => {
    expect(() => make().authenticate('1.1', 'private-encrypted-a', { user_id: '1' })).toThrow(
      /^userData must be left out for an encrypted channel/,
    )
  })

  test('without a master key it throws encryption_key_missing', () => {
    const client = make({ encryptionMasterKey: undefined })
    expect(() => client.authenticate('1.1', 'private-encrypted-a')).toThrow(
      expect.objectContaining({
        name: 'PingerchipsError',
        code: 'encryption_key_missing',
        message: expect.stringMatching(/encryptionMasterKey.*PINGERCHIPS_ENCRYPTION_MASTER_KEY/),
      }),
    )
  })
})

describe('the master key', () => {
  const canary = 'canary'
  test.each([
    '',
    `${canary}canarycanarycanarycanarycanarycanarycanary`,
    `${masterKey}\n`,
    ` ${masterKey}`,
    masterKey.replace('=', ''),
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    randomBytes(32).toString('hex'),
    new Uint8Array(),
    new Uint8Array(31),
    new Uint16Array(16),
    Array.from(randomBytes(32)),
    32,
    null,
    {},
  ])('%o is none', (value) => {
    const made = () => make({ encryptionMasterKey: value as string })
    expect(made).toThrow(TypeError)
    expect(made).toThrow(/^options\.encryptionMasterKey must be base64 of exactly 32 bytes/)
    expect(made).not.toThrow(canary)
  })

  test('comes from the environment too', () => {
    const env = {
      PINGERCHIPS_APP_ID: id,
      PINGERCHIPS_APP_KEY: key,
      PINGERCHIPS_APP_SECRET: secret,
      PINGERCHIPS_ENCRYPTION_MASTER_KEY: masterKey,
    }
    const admission = make().authenticate('1.1', 'private-encrypted-a')
    expect(PingerchipsServer.fromEnv(env).authenticate('1.1', 'private-encrypted-a')).toEqual(admission)
    const other = PingerchipsServer.fromEnv(env, { encryptionMasterKey: new Uint8Array(32) })
    expect(other.authenticate('1.1', 'private-encrypted-a')).not.toEqual(admission)
    const empty = { ...env, PINGERCHIPS_ENCRYPTION_MASTER_KEY: '' }
    expect(() => PingerchipsServer.fromEnv(empty).authenticate('1.1', 'private-encrypted-a')).toThrow(PingerchipsError)
  })

  test('shows nowhere', async () => {
    const client = make()
    const error = await client.trigger('private-encrypted-a', 'e', 1).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'network', channels: ['private-encrypted-a'] })
    const shapes = (bytes: Buffer) => [bytes.toString('base64'), bytes.toString('hex'), [...bytes].join(', ')]
    const channelKey = Buffer.from(client.authenticate('1.1', 'private-encrypted-a').shared_secret ?? '', 'base64')
    for (const text of [client, error].flatMap((shown) => [
      inspect(shown, { depth: 9, showHidden: true }),
      JSON.stringify(shown),
    ]))
      for (const shape of [...shapes(Buffer.from(masterKey, 'base64')), ...shapes(channelKey)])
        expect(text).not.toContain(shape)
    await client.close()
  })
})

describe('trigger', () => {
  interface Sent {
    readonly name: string
    readonly channel?: string
    readonly channels?: string[]
    readonly data: string
  }
  let endpoint: string
  let sent: { path: string; body: Sent & { batch: Sent[] } }[] = []
  let statuses: number[] = []
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    sent.push({ path: req.url?.split('?')[0] ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) })
    res.writeHead(statuses.shift() ?? 200).end('{}')
  })
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const started = (options: PingerchipsServerOptions = {}, Client = PingerchipsServer) => {
    sent = []
    const client = make({ endpoint, ...options }, Client)
    onTestFinished(() => client.close())
    return client
  }
  /** The data that an authorized client decrypts, with the original cipher. */
  const opened = (client: PingerchipsServer, channel: string, data: string) => {
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
    const { nonce, ciphertext, ...rest } = JSON.parse(data) as { nonce: string; ciphertext: string }
    assert.deepEqual(rest, {})
    const channelKey = bytes(client.authenticate('1.1', channel).shared_secret ?? '')
    const plain = nacl.secretbox.open(bytes(ciphertext), bytes(nonce), channelKey)
    return plain === null ? undefined : JSON.parse(new TextDecoder().decode(plain))
  }

  test("is waited for where what is async is no Promise of the global's, as with zone.js", async () => {
    const client = started()
    vi.stubGlobal('Promise', class extends Promise<unknown> {})
    onTestFinished(() => void vi.unstubAllGlobals())
    await client.trigger('private-encrypted-a', 'e', 'x')
    expect(sent.map(({ path }) => path)).toEqual([`/apps/${id}/events`])
  })

  test('encrypts data that tweetnacl decrypts', async () => {
    const client = started()
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await client.trigger('private-encrypted-diary', 'entry', value)
        const { path, body } = sent.at(-1) as (typeof sent)[0]
        assert.deepEqual([path, body.name, body.channels], ['/apps/local/events', 'entry', ['private-encrypted-diary']])
        assert.equal(JSON.stringify(opened(client, 'private-encrypted-diary', body.data)), JSON.stringify(value))
      }),
      { numRuns: 200 },
    )
    expect(opened(client, 'private-encrypted-other', sent[0]?.body.data ?? '')).toBe(undefined)
  })

  test('uses a new nonce for each event and each retry', async () => {
    const client = started()
    statuses = [503]
    for (let n = 0; n < 50; n++) await client.trigger('private-encrypted-a', 'e', 1)
    expect(sent).toHaveLength(51)
    expect(new Set(sent.map(({ body }) => JSON.parse(body.data).nonce)).size).toBe(51)
  })

  test('in a batch each encrypted event has its own key, and others are not encrypted', async () => {
    const client = started()
    const results = await client.triggerBatch([
      { channel: 'private-encrypted-a', event: 'e', data: 'a' },
      { channel: 'private-plain', event: 'e', data: 'p' },
      { channel: 'private-encrypted-b', event: 'e', data: 'b' },
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    const [a, plain, b] = sent[0]?.body.batch ?? []
    expect(opened(client, 'private-encrypted-a', a?.data ?? '')).toBe('a')
    expect(plain?.data).toBe('"p"')
    expect(opened(client, 'private-encrypted-b', b?.data ?? '')).toBe('b')
  })

  test('encrypted events of one moment share a request', async () => {
    const client = started({ batch: {} })
    await Promise.all(['a', 'b'].map((name) => client.trigger(`private-encrypted-${name}`, 'e', name)))
    expect(sent.map(({ body }) => body.batch.map(({ channel, data }) => opened(client, channel ?? '', data)))).toEqual([
      ['a', 'b'],
    ])
  })

  test('the first event is sent though the client is closed right after', async () => {
    const client = started()
    const trigger = client.trigger('private-encrypted-a', 'e', 1)
    await Promise.all([trigger, client.close()])
    expect(sent).toHaveLength(1)
  })

  test('sealed, it is 64 KB at the most', async () => {
    const client = started()
    await client.trigger('private-encrypted-a', 'e', 'x'.repeat(49_089))
    const bytes = Buffer.byteLength(sent[0]?.body.data ?? '')
    expect(bytes).toBe(65_536)
    await expect(client.trigger('private-encrypted-a', 'e', 'x'.repeat(49_090))).rejects.toThrow(
      /^data must be at most 49091 bytes as UTF-8 JSON on an encrypted channel/,
    )
    await client.trigger('private-a', 'e', 'x'.repeat(49_090))
    expect(sent).toHaveLength(2)
  })

  test.each([
    ['channel', ['private-encrypted-a', 'private-encrypted-b']],
    ['channel', ['a', 'private-encrypted-a']],
  ])('refuses an encrypted channel beside another', async (argument, channels) => {
    const client = started()
    await expect(client.trigger(channels, 'e', 1)).rejects.toThrow(TypeError)
    await expect(client.trigger(channels, 'e', 1)).rejects.toThrow(new RegExp(`^${argument} must be one name`))
    expect(sent).toEqual([])
    await client.trigger(['private-encrypted-a', 'private-encrypted-a'], 'e', 1)
    expect(sent).toHaveLength(1)
  })

  test.each(['signed', 'token'] as const)('refuses one over the %s protocol', async (protocol) => {
    const client = started({ protocol, token: 't' })
    const message = new RegExp(`^channel must not be .* with the ${protocol} protocol. Set protocol: .pusher..$`)
    await expect(client.trigger('private-encrypted-a', 'e', 1)).rejects.toThrow(message)
    const batch = client.triggerBatch([{ channel: 'private-encrypted-a', event: 'e', data: 1 }])
    await expect(batch).rejects.toThrow(/^events\[0\]\.channel must not be/)
    expect(client.authenticate('1.1', 'private-encrypted-a').shared_secret).toBeTypeOf('string')
    expect(sent).toEqual([])
  })

  test('without a master key it throws encryption_key_missing', async () => {
    const client = started({ encryptionMasterKey: undefined })
    const missing = {
      code: 'encryption_key_missing',
      outcome: 'not_delivered',
      channels: ['private-encrypted-a'],
      event: 'e',
    }
    await expect(client.trigger('private-encrypted-a', 'e', 1)).rejects.toMatchObject(missing)
    const batch = [
      { channel: 'a', event: 'e', data: 1 },
      { channel: 'private-encrypted-a', event: 'e', data: 1 },
    ]
    await expect(client.triggerBatch(batch)).rejects.toMatchObject(missing)
    expect(sent).toEqual([])
  })

  test('names the package that could not be loaded, without a path, and tries again with the next call', async () => {
    vi.resetModules()
    const restore = () => vi.doUnmock('@noble/ciphers/salsa.js')
    onTestFinished(restore)
    vi.doMock('@noble/ciphers/salsa.js', () => {
      throw Object.assign(new Error('Cannot find package /canary'), { code: 'ERR_MODULE_NOT_FOUND' })
    })
    const fresh = await import('../src/index.ts')
    const client = started({}, fresh.PingerchipsServer)
    const error: Error = await client.trigger('private-encrypted-a', 'e', 1).catch((error) => error)
    expect(error).toMatchObject({
      name: 'PingerchipsError',
      code: 'encryption_unavailable',
      message: expect.stringMatching(/^Could not load @noble\/ciphers, .*The next call tries again\.$/),
      outcome: 'not_delivered',
      channels: ['private-encrypted-a'],
      event: 'e',
    })
    expect(inspect(error)).not.toContain('canary')
    expect(sent).toEqual([])
    restore()
    await client.trigger('private-encrypted-a', 'e', 1)
    expect(sent).toHaveLength(1)
  })
})

test('end to end: pusher-js subscribes with our endpoint and decrypts events of ours and of the pusher package', async () => {
  const service = await startLocal()
  const client = make({ endpoint: service.url })
  const theirs = new Pusher({
    appId: id,
    key,
    secret,
    host: service.host,
    port: String(service.port),
    useTLS: false,
    encryptionMasterKeyBase64: masterKey,
  })
  const app = createServer(nodeHandler({ client, authorize: ({ channel }) => channel === 'private-encrypted-diary' }))
  await once(app.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(app.address() as AddressInfo).port}/pingerchips/auth`
  const browse = () =>
    new Browser(key, {
      cluster: 'local',
      wsHost: service.host,
      wsPort: service.port,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: { endpoint, transport: 'ajax' },
    })
  const reader = browse()
  onTestFinished(async () => {
    reader.disconnect()
    app.closeAllConnections()
    app.close()
    await client.close()
    await service.close()
  })
  const diary = reader.subscribe('private-encrypted-diary')
  await new Promise((resolve) => diary.bind('pusher:subscription_succeeded', resolve))
  const read: unknown[] = []
  const done = new Promise<void>((resolve) => {
    diary.bind('entry', (data: unknown) => {
      read.push(data)
      if (data === 'end') resolve()
    })
  })
  await client.trigger('private-encrypted-diary', 'entry', { text: 'dear diary ☃', n: [1, null] })
  await client.trigger('private-encrypted-diary', 'entry', 'x'.repeat(49_089))
  await theirs.trigger('private-encrypted-diary', 'entry', { from: 'the pusher package' })
  await client.triggerBatch([{ channel: 'private-encrypted-diary', event: 'entry', data: 'end' }])
  await done
  expect(read).toEqual([
    { text: 'dear diary ☃', n: [1, null] },
    'x'.repeat(49_089),
    { from: 'the pusher package' },
    'end',
  ])

  const refused = await new Promise((resolve) =>
    reader.subscribe('private-encrypted-other').bind('pusher:subscription_error', resolve),
  )
  expect(refused).toMatchObject({ type: 'AuthError', status: 403 })
})
