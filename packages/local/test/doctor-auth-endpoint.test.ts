import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serve } from './cli.ts'
import { answering, app, client, consult, environment, examine } from './doctor.ts'
import { hmac, start } from './harness.ts'

describe('the doctor checks an auth endpoint', () => {
  test('that refuses in JSON, and signs with a session', async () => {
    const refused = await examine(app)
    expect(refused.lines).toEqual([
      expect.stringContaining('✓ auth endpoint, a form (pusher-js): 403, a refusal in JSON'),
      expect.stringContaining('✓ auth endpoint, JSON (pingerchips-js): 403, a refusal in JSON'),
      '✓ auth endpoint, GET: signs nothing (405)',
      '',
    ])
    expect(refused.code).toBe(0)
    for (const session of [
      ['--cookie', 'session=ada'],
      ['--header', 'X-User: ada'],
    ])
      for (const channel of ['private-user-1', 'presence-lobby']) {
        const { code, lines } = await examine(app, ...session, '--channel', channel)
        expect(lines).toContain(`✓ auth endpoint, a form (pusher-js): 200, and the signature for ${channel} is right`)
        expect(code).toBe(0)
      }
  })

  test('with the headers of --header-file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'headers'), 'Cookie: session=ada\r\n\r\nX-Other: 1\r\n')
    const { lines } = await examine(app, '--header-file', join(folder, 'headers'), '--channel', 'private-user-1')
    expect(lines).toContain('✓ auth endpoint, a form (pusher-js): 200, and the signature for private-user-1 is right')
  })

  const auth =
    (change: object = {}) =>
    (req: IncomingMessage, res: ServerResponse) => {
      req.resume()
      res.end(JSON.stringify({ ...client.authenticate('1234.5678', 'private-pingerchips-doctor'), ...change }))
    }
  const signed = client.authenticate('1234.5678', 'private-pingerchips-doctor').auth

  test.each<[what: string, listener: RequestListener, found: string]>([
    [
      'a redirect to a sign-in page',
      answering(302, 'text/html', '', { location: '/login?next=x' }),
      '302, a redirect to /login',
    ],
    ['a web page', answering(200, 'text/html', '<!doctype html>'), '200, but with a web page'],
    ['a web page that refuses', answering(403, 'text/html', '<h1>CSRF'), '403, but not in JSON'],
    ['text', answering(200, 'text/plain', 'OK'), '200, but no JSON'],
    ['no auth', answering(200, 'application/json', '{"data":{"auth":"a:b"}}'), '200, but without an auth'],
    ['null', answering(200, 'application/json', 'null'), '200, but without an auth'],
    ['another app key', auth({ auth: signed.replace('local-key', 'other') }), '200, but signed for another app key'],
    ['another secret', auth({ auth: `local-key:${'0'.repeat(64)}` }), '200, but with a signature that'],
    ['more than there is to say', auth({ user: 'ada' }), '200, but with unknown fields (1)'],
    ['201', answering(201, 'application/json', `{"auth":"${signed}"}`), '201, not 200'],
    ['404', answering(404, 'text/html', 'Cannot POST'), '404, no route is there'],
    ['405', answering(405, 'text/html', ''), '405, POST is not allowed'],
    ['415', answering(415, 'application/json', '{}'), '415, a parser of the app accepts no form'],
    ['500', answering(500, 'application/json', '{}'), '500, a failure of the app'],
    ['418', answering(418, 'application/json', '{}'), '418\n'],
  ])('that returns %s', async (_, listener, found) => {
    const { code, text } = await examine(listener)
    expect(text).toContain(`✗ auth endpoint, a form (pusher-js): ${found}`)
    expect(text).toMatch(/\n {2}→ \w/)
    expect(text).not.toContain('next=x')
    expect(code).toBe(1)
  })

  describe('that signs a member for a private channel', () => {
    const text = '{"user_id":"1"}'
    const signedMember = `local-key:${hmac(`1234.5678:private-pingerchips-doctor:${text}`)}`
    const form = 'auth endpoint, a form (pusher-js): 200'
    const json = 'auth endpoint, JSON (pingerchips-js): 200'

    test.each<[returns: string, body: object, lines: readonly string[], exit: number]>([
      ['both fields', { channel_data: text, user_data: text }, [`✓ ${form}`, `✓ ${json}`], 0],
      [
        'user_data alone: pusher-js fails',
        { user_data: text },
        [`✗ ${form}, but with the signed text only in user_data, which pusher-js does not forward`, `✓ ${json}`],
        1,
      ],
      [
        'channel_data alone: pingerchips-js fails',
        { channel_data: text },
        [
          `✓ ${form}`,
          `✗ ${json}, but with the signed text only in channel_data, which pingerchips-js does not forward`,
        ],
        1,
      ],
      [
        'another text in channel_data: pusher-js fails',
        { channel_data: '{}', user_data: text },
        [`✗ ${form}, but with the signed text only in user_data`, `✓ ${json}`],
        1,
      ],
      [
        'a text that is not signed: its client fails',
        { auth: signed, user_data: text },
        [`✓ ${form}`, `✗ ${json}, but with user_data that is not signed: pingerchips-js forwards it`],
        1,
      ],
      [
        'a field that is not text',
        { channel_data: { user_id: '1' }, user_data: text },
        [`✗ ${form}, but with channel_data that is not text`, `✓ ${json}`],
        1,
      ],
      ['neither', {}, [`✗ ${form}, but with a signature that`, `✗ ${json}, but with a signature that`], 1],
    ])('and returns %s', async (_returns, body, lines, exit) => {
      const { code, text: out } = await examine((req, res) =>
        req.method === 'POST' ? res.end(JSON.stringify({ auth: signedMember, ...body })) : res.writeHead(405).end(),
      )
      for (const line of lines) expect(out).toContain(line)
      expect(code).toBe(exit)
    })
  })

  test('that accepts only forms, or signs a GET', async () => {
    const { lines } = await examine((req, res) => {
      if (req.headers['content-type'] === 'application/json') res.writeHead(415).end()
      else auth()(req, res)
    })
    expect(lines).toEqual([
      expect.stringContaining('✓ auth endpoint, a form (pusher-js)'),
      expect.stringContaining('✗ auth endpoint, JSON (pingerchips-js): 415, a parser of the app accepts no JSON'),
      expect.stringMatching(/^ {2}→/),
      expect.stringContaining('✗ auth endpoint, GET: signs a GET request'),
      expect.stringMatching(/^ {2}→/),
      '',
    ])
  })

  test('that refuses connections', async () => {
    const stopped = await start()
    await stopped.close()
    const { code, out } = await consult(['--auth-url', stopped.url], environment(await start()))
    expect(out).toContain(`✗ auth endpoint: ${stopped.url} refuses connections`)
    expect(code).toBe(1)
  })
})

describe('the doctor checks CORS', () => {
  const origin = 'https://shop.example'
  const cors =
    (headers: Record<string, string>): RequestListener =>
    (req, res) => {
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
      if (req.method === 'OPTIONS') res.writeHead(204).end()
      else app(req, res)
    }
  const allow = {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'Content-Type, X-User',
  }
  const asAda = ['--origin', origin, '--cookie', 'session=ada', '--header', 'X-User: ada']

  test('that allows the page', async () => {
    const { code, lines } = await examine(cors(allow), ...asAda)
    expect(lines).toContainEqual(
      expect.stringContaining(`✓ CORS, the response: ${origin} is allowed, with cookies from a customHandler`),
    )
    expect(lines).toContain(`✓ CORS, the preflight: ${origin} is allowed`)
    expect(code).toBe(0)
  })

  test.each<[what: string, listener: RequestListener, found: string]>([
    ['none', app, '✗ CORS, the response: no Access-Control-Allow-Origin'],
    [
      'none for OPTIONS',
      (req, res) => (req.method === 'OPTIONS' ? res.writeHead(405).end() : app(req, res)),
      '✗ CORS, the preflight: OPTIONS returns 405',
    ],
    [
      '* with cookies',
      cors({ ...allow, 'access-control-allow-origin': '*' }),
      '✗ CORS, the response: Access-Control-Allow-Origin: *',
    ],
    [
      'another origin',
      cors({ ...allow, 'access-control-allow-origin': `${origin}/` }),
      `✗ CORS, the response: allowed is ${origin}/`,
    ],
    [
      'no credentials',
      cors({ ...allow, 'access-control-allow-credentials': '' }),
      '✗ CORS, the response: no Access-Control-Allow-Credentials',
    ],
    [
      'a header too few',
      cors({ ...allow, 'access-control-allow-headers': 'content-type' }),
      '✗ CORS, the preflight: Access-Control-Allow-Headers lacks x-user',
    ],
  ])('that is %s', async (_, listener, found) => {
    const { code, text } = await examine(listener, ...asAda)
    expect(text).toContain(found)
    expect(code).toBe(1)
  })

  test('with control characters, which it escapes', async () => {
    const { text } = await examine(cors({ ...allow, 'access-control-allow-origin': '\x9b2J\x9b31mok' }), ...asAda)
    expect(text).toContain('allowed is \\u009b2J\\u009b31mok')
    expect(text).not.toMatch(/[\u0080-\u009f]/)
  })

  test('only for a page of another origin', async () => {
    const url = await serve(app)
    const args = ['--auth-url', `${url}/pingerchips/auth`, '--origin', url]
    const { code, out } = await consult(args, environment(await start()))
    expect([code, out.includes('CORS')]).toEqual([0, false])
  })
})
