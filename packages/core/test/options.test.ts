import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { PingerchipsServer, type PingerchipsServerOptions } from '../src/index.ts'

const canary = 'canary-5f2c9e'
const make = (appId: unknown, appSecret: unknown, options?: unknown) =>
  new PingerchipsServer(appId as string, appSecret as string, options as PingerchipsServerOptions)

describe('the constructor refuses, by name and without the value,', () => {
  const key = { appKey: 'k' }
  test.each([
    ['appId', undefined, canary, key],
    ['appId', '', canary, key],
    ['appId', 12, canary, key],
    ['appId', '..', canary, key],
    ['options.appKey', '1', canary, { appKey: '.' }],
    ['options.endpoint', '1', canary, { ...key, endpoint: 'http://app.localhost' }],
    ['appId', `${canary}/x`, canary, key],
    ['appId', `${canary}\n`, canary, key],
    ['appSecret', '1', undefined, key],
    ['appSecret', '1', '', key],
    ['appSecret', '1', new Uint8Array(), key],
    ['options', '1', canary, undefined],
    ['options', '1', canary, null],
    ['options', '1', canary, canary],
    ['options', '1', canary, {}],
    ["Unknown option 'endPoint'", '1', canary, { ...key, endPoint: canary }],
    ['options.appKey', '1', canary, { appKey: '' }],
    ['options.appKey', '1', canary, { appKey: `${canary}:x` }],
    ['options.token', '1', canary, { token: '' }],
    ['options.token', '1', canary, { token: `${canary}\r\nx-evil: 1` }],
    ['options.token', '1', canary, { token: `${canary} ü` }],
    ['options.protocol', '1', canary, { ...key, protocol: canary }],
    ['options.protocol', '1', canary, { ...key, protocol: 'toString' }],
    ['options.appKey', '1', canary, { token: 't', protocol: 'signed' }],
    ['options.appKey', '1', canary, { token: 't', protocol: 'pusher' }],
    ['options.token', '1', canary, { ...key, protocol: 'token' }],
    ['options.timeout', '1', canary, { ...key, timeout: 0 }],
    ['options.timeout', '1', canary, { ...key, timeout: Number.NaN }],
    ['options.timeout', '1', canary, { ...key, timeout: '10' }],
    ['options.timeout', '1', canary, { ...key, timeout: 2 ** 31 }],
    ['options.allowHttp', '1', canary, { ...key, allowHttp: 'yes' }],
    ['options.mtls.key', '1', canary, { ...key, mtls: { cert: canary } }],
    ['options.endpoint', '1', canary, { ...key, endpoint: '' }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `${canary}.example` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `ftp://${canary}.example` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `https://user:${canary}@example.com` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `https://example.com/?x=${canary}` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `https://example.com/#${canary}` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: `http://${canary}.example` }],
    ['options.endpoint', '1', canary, { ...key, endpoint: 'http://127.0.0.1.example' }],
  ])('%s', (argument, appId, appSecret, options) => {
    let error: unknown
    try {
      make(appId, appSecret, options)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(new RegExp(`^${argument}[ .]`)),
    })
    expect(inspect(error, { depth: 9 }).replaceAll(/^ +at .*$/gm, '')).not.toContain(canary)
  })
})

test('endpoints that are fine', () => {
  for (const endpoint of [
    'https://a.example',
    'https://a.example/api/',
    'http://localhost:1',
    'http://[::1]:1',
    'http://127.9.9.9',
  ])
    expect(() => make('1', 's', { appKey: 'k', endpoint })).not.toThrow()
  expect(() => make('1', 's', { appKey: 'k', endpoint: 'http://a.example', allowHttp: true })).not.toThrow()
})

test('options may be undefined, as environment variables are', () => {
  expect(() => make('1', 's', { appKey: 'k', endpoint: undefined, token: undefined, mtls: undefined })).not.toThrow()
})

test('a client shows nothing of its secrets', () => {
  const client = new PingerchipsServer('1', canary, { appKey: 'k', token: `${canary}-token` })
  expect(inspect(client, { depth: 9, showHidden: true })).not.toContain(canary)
  expect(JSON.stringify(client)).not.toContain(canary)
})

describe('fromEnv', () => {
  const env = {
    PINGERCHIPS_APP_ID: '3',
    PINGERCHIPS_APP_KEY: '278d425bdf160c739803',
    PINGERCHIPS_APP_SECRET: '7ad3773142a6692b25b8',
    PINGERCHIPS_ENDPOINT: 'http://127.0.0.1:6001',
    PINGERCHIPS_API_TOKEN: 't',
  }
  test('makes the client', () => {
    expect(PingerchipsServer.fromEnv(env).authenticate('1234.1234', 'private-foobar').auth).toBe(
      '278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4',
    )
  })
  test.each(['PINGERCHIPS_APP_ID', 'PINGERCHIPS_APP_SECRET'])('names %s when it is missing or empty', (name) => {
    for (const value of [undefined, ''])
      expect(() => PingerchipsServer.fromEnv({ ...env, [name]: value })).toThrow(
        expect.objectContaining({ message: `${name} is missing or empty in the environment`, argument: name }),
      )
  })
  test('names both the key and the token when neither is there', () => {
    const { PINGERCHIPS_APP_KEY: _key, PINGERCHIPS_API_TOKEN: _token, ...rest } = env
    expect(() => PingerchipsServer.fromEnv(rest)).toThrow(/PINGERCHIPS_APP_KEY.*PINGERCHIPS_API_TOKEN/)
    expect(() => PingerchipsServer.fromEnv(rest, { appKey: 'k' })).not.toThrow()
  })
  test('an option that is undefined leaves the environment its word', () => {
    const fromBoth = PingerchipsServer.fromEnv(env, { appKey: undefined, endpoint: undefined, token: undefined })
    expect(fromBoth.authenticate('1234.1234', 'private-foobar').auth).toMatch(/^278d425bdf160c739803:58df8b0c/)
    expect(PingerchipsServer.fromEnv(env, { appKey: 'other' }).authenticate('1.1', 'private-a').auth).toMatch(/^other:/)
    const bad = { ...env, PINGERCHIPS_ENDPOINT: 'ftp://a.example' }
    expect(() => PingerchipsServer.fromEnv(bad, { endpoint: undefined })).toThrow(/^options.endpoint /)
  })
  test('reads process.env by default', () => {
    expect(() => PingerchipsServer.fromEnv()).toThrow(/^PINGERCHIPS_APP_ID is missing/)
  })
})
