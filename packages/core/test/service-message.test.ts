import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serviceMessage } from '../src/http-api/service-message.ts'
import { type PingerchipsError, PingerchipsServer } from '../src/index.ts'

describe('the text of a response', () => {
  test.each<[name: string, body: string, message: string | undefined]>([
    ['error of a JSON body', '{"error":"App is disabled"}', 'App is disabled'],
    ['message of a JSON body', '{"message":"Over quota"}', 'Over quota'],
    ['message of an error object', '{"error":{"code":1,"message":"Over quota"}}', 'Over quota'],
    ['JSON text', '"Over quota"', 'Over quota'],
    ['plain text', 'Over quota\n', 'Over quota'],
    ['HTML of a gateway', '\n<!doctype html><h1>Bad gateway</h1>', undefined],
    ['no body', '', undefined],
    ['JSON without a text', '{"error":{"message":1},"ok":false}', undefined],
    ['an inherited property', '{"__proto__":{"error":"x"}}', undefined],
    ['control characters', '{"error":"a\\u0000b\\u001b[31m\\r\\nc\\u202ed\\u2028e"}', 'a b [31m c d e'],
    ['nothing but control characters', '\u0000\u0007', undefined],
    ['half a surrogate pair', '{"error":"\\ud800x"}', '\ufffdx'],
  ])('%s', (_name, body, message) => {
    expect(serviceMessage(body, [])).toBe(message)
  })

  test('is at most 200 characters, and whole ones', () => {
    expect(serviceMessage('x'.repeat(200), [])).toBe('x'.repeat(200))
    expect(serviceMessage('x'.repeat(201), [])).toBe(`${'x'.repeat(199)}…`)
    expect(serviceMessage(`${'x'.repeat(198)}😀😀`, [])).toBe(`${'x'.repeat(198)}…`)
  })

  const secret = 'canary "sécret"/+?ü'
  test.each<[name: string, written: string]>([
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret)],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded in lower case', encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
  ])('does not contain a secret that was written %s', (_name, written) => {
    const message = serviceMessage(`Refused: ${written}, ${written}; padding to be longer`, [undefined, secret])
    expect(message).toMatch(/^Refused: "?\[removed\]=*"?, "?\[removed\]=*"?; padding to be longer$/)
  })
  test('does not contain the beginning of a secret that the limit would cut', () => {
    const message = serviceMessage(`${'x'.repeat(190)}${secret}`, [secret])
    expect(message).not.toContain('canary')
  })
})

describe('an error', () => {
  const appSecret = 'canary-secret-7f1e'
  const token = 'canary-token-77d0'
  let server: Server
  let client: PingerchipsServer
  let respond: (request: { head: string; body: string }) => readonly [status: number, body: string]

  beforeEach(async () => {
    server = createServer(async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      const head = `${req.url}\n${req.rawHeaders.join(' ')}`
      const [status, body] = respond({ head, body: Buffer.concat(chunks).toString() })
      res.writeHead(status).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  const failure = async (protocol: 'signed' | 'token' | 'pusher', data: unknown = 1) => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    client = new PingerchipsServer('1', appSecret, { appKey: 'k', token, protocol, endpoint, retries: 0 })
    return client.trigger('c', 'e', data).then(
      () => undefined,
      (error: PingerchipsError) => error,
    )
  }

  test('has what the service wrote, in its message too', async () => {
    respond = () => [403, '{"error":"The app is disabled."}']
    const error = await failure('signed')
    expect(error).toMatchObject({ code: 'forbidden', serviceStatus: 403, serviceMessage: 'The app is disabled.' })
    expect(error?.message).toBe(
      "Trigger failed: 403 The app is disabled. Check the app key, the app secret and the token, the app's quota, and whether the app is disabled.",
    )
  })

  test.each([401, 403])('%i without a text names credentials, quota and disabled apps', async (status) => {
    respond = () => [status, '']
    expect((await failure('pusher'))?.message).toMatch(/app key.*app secret.*token.*quota.*disabled/)
  })

  test.each(['signed', 'token', 'pusher'] as const)(
    'shows no secret that the service writes back, over the %s protocol',
    async (protocol) => {
      let signature = 'none'
      respond = ({ head, body }) => {
        signature = /(?:x-signature |auth_signature=)(\w+)/i.exec(head)?.[1] ?? signature
        return [422, JSON.stringify({ error: `${signature} ${token} ${appSecret} ${body}` })]
      }
      const error = await failure(protocol, { card: 'canary-data-4111' })
      for (const text of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error)])
        for (const canary of [appSecret, token, signature, 'canary-data'])
          if (canary !== 'none') expect(text).not.toContain(canary)
      expect(error?.serviceMessage?.length).toBeLessThanOrEqual(200)
    },
  )

  test('has no status that a framework would send to the app’s own client', async () => {
    for (const status of [302, 401, 403, 404, 500]) {
      respond = () => [status, '']
      const error = await failure('signed')
      expect(error).toMatchObject({ serviceStatus: status })
      for (const name of ['status', 'statusCode', 'expose', 'headers']) expect(error).not.toHaveProperty(name)
    }
  })
})
