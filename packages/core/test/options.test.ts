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

describe('unknown options', () => {
  test.each([
    ['key', "Unknown option 'key'. Did you mean 'appKey'?"],
    ['host', "Unknown option 'host'. Did you mean 'endpoint'?"],
    ['useTLS', "Unknown option 'useTLS'. Did you mean 'allowHttp'?"],
    ['requestTimeout', "Unknown option 'requestTimeout'. Did you mean 'timeout'?"],
    ['onError', "Unknown option 'onError'. Did you mean 'onBackgroundError'?"],
    ['on', "Unknown option 'on'. Did you mean 'hooks'?"],
    ['retry', "Unknown option 'retry'. Did you mean 'delivery'?"],
    ['appkey', "Unknown option 'appkey'. Did you mean 'appKey'?"],
    ['app-key', "Unknown option 'app-key'. Did you mean 'appKey'?"],
    ['retires', "Unknown option 'retires'. Did you mean 'retries'?"],
    ['tokne', "Unknown option 'tokne'. Did you mean 'token'?"],
    ['endpiont', "Unknown option 'endpiont'. Did you mean 'endpoint'?"],
  ])('%s: a name that was probably meant is suggested', (name, message) => {
    expect(() => make('1', 's', { appKey: 'k', [name]: 1 })).toThrow(message)
  })

  test.each(['colour', 'x', '__proto__x', 'toString', ''])(
    '%j: without a likely name all of them are listed',
    (name) => {
      expect(() => make('1', 's', { appKey: 'k', [name]: 1 })).toThrow(
        new RegExp(`^Unknown option '${name}'\\. Known options: appKey, endpoint, .*mtls`),
      )
    },
  )

  test('a long name is cut', () => {
    const message = (() => {
      try {
        return make('1', 's', { appKey: 'k', ['x'.repeat(10_000)]: 1 })
      } catch (error) {
        return (error as Error).message
      }
    })()
    expect(String(message).length).toBeLessThan(400)
  })

  test('of a nested option the path is named', () => {
    expect(() => make('1', 's', { appKey: 'k', protocol: 'pusher', batch: { maxSizes: 2 } })).toThrow(
      "Unknown option 'batch.maxSizes'. Did you mean 'batch.maxSize'?",
    )
  })
})

test.each([
  [{ retries: 20 }, 'options.retries must be an integer from 0 to 10 (received 20)'],
  [{ retries: 1.5 }, 'options.retries must be an integer from 0 to 10 (received 1.5)'],
  [{ retries: '2' }, 'options.retries must be an integer from 0 to 10 (received a string)'],
  [{ timeout: -1 }, 'options.timeout must be a number of milliseconds from 1 to 2147483647 (received -1)'],
  [{ timeout: Number.NaN }, 'options.timeout must be a number of milliseconds from 1 to 2147483647 (received NaN)'],
  [{ allowHttp: 1 }, 'options.allowHttp must be true or false (received a number)'],
])('%o: the message has the limits and the number that was received', (options, message) => {
  expect(() => make('1', 's', { appKey: 'k', ...options })).toThrow(message)
})

test('a number in the place of a secret is not repeated', () => {
  expect(() => make('1', 987_654, { appKey: 'k' })).toThrow('appSecret must be a non-empty string (received a number)')
})

test('batch: true stands for the defaults, false for none', () => {
  expect(() => make('1', 's', { appKey: 'k', protocol: 'pusher', batch: true })).not.toThrow()
  expect(() => make('1', 's', { appKey: 'k', batch: false })).not.toThrow()
  expect(() => make('1', 's', { appKey: 'k', batch: true })).toThrow(/^options\.batch requires protocol: 'pusher'/)
})
