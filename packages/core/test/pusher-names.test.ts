import Pusher from 'pusher'
import { describe, expect, test } from 'vitest'
import { PingerchipsServer } from '../src/index.ts'

const client = new PingerchipsServer('3', 's', { appKey: 'k', protocol: 'pusher', endpoint: 'http://127.0.0.1:9' })
const ours = (target: object, name: string) => (target as Record<string, unknown>)[name]

describe('code written for the npm package pusher', () => {
  test.each([
    ['authorizeChannel', 'Use authenticate(socketId, channel, member).'],
    ['get', "Use listChannels(), getChannel(), listMembers() or request('GET', path, { query })."],
    ['post', "Use trigger(), triggerBatch() or request('POST', path, { body })."],
    ['createSignedQueryString', 'Use request(method, path, { query, body }), which signs.'],
  ])('client.%s() throws an error that names our method', (name, instead) => {
    expect(() => (ours(client, name) as () => void)()).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'invalid_argument',
        message: `PingerchipsServer has no ${name}(). ${instead}`,
      }),
    )
  })

  test.each([
    ['forURL', 'Use fromURL(url).'],
    ['forCluster', 'Use new PingerchipsServer(appId, appSecret, { appKey, endpoint }).'],
  ])('PingerchipsServer.%s() throws an error that names our way', (name, instead) => {
    expect(() => (ours(PingerchipsServer, name) as () => void)()).toThrow(
      `PingerchipsServer has no ${name}(). ${instead}`,
    )
  })

  test('every method of pusher is here, or throws an error that names ours', () => {
    const methods = Object.getOwnPropertyNames(Pusher.prototype).filter((name) => name !== 'constructor')
    expect(methods.length).toBeGreaterThan(5)
    for (const name of methods) expect([name, typeof ours(client, name)]).toEqual([name, 'function'])
  })

  test('its constructor call is refused with ours in the message, and without the secret', () => {
    const make = () => new PingerchipsServer({ appId: '3', key: 'k', secret: 'canary' } as never, undefined as never)
    expect(make).toThrow(
      /^appId must be a string \(received an object\).*new PingerchipsServer\('APP_ID', 'APP_SECRET'/,
    )
    expect(make).not.toThrow(/canary/)
  })

  test.each([
    ['key', 'appKey'],
    ['host', 'endpoint'],
    ['cluster', 'endpoint'],
    ['encryptionMasterKeyBase64', 'encryptionMasterKey'],
  ])('its option %s is refused with ours: %s', (name, meant) => {
    const make = () => new PingerchipsServer('3', 's', { [name]: 'x' })
    expect(make).toThrow(`Unknown option '${name}'. Did you mean '${meant}'?`)
  })

  test('its spelling of event options is refused with ours', async () => {
    await expect(client.trigger('a', 'e', 1, { socket_id: '1.1' } as never)).rejects.toThrow(
      "Unknown option 'socket_id'. Did you mean 'socketId'?",
    )
    await expect(client.triggerBatch([{ channel: 'a', name: 'e', data: 1 } as never])).rejects.toThrow(
      "Unknown option 'events[0].name'. Did you mean 'events[0].event'?",
    )
  })
})
