import { PingerchipsServer } from '@pingerchips/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { corsApps } from './cors-apps.ts'
import { type Served, serve } from './serve.ts'

const origin = 'https://app.example'
const foreignOrigins = ['null', 'https://app.example.evil.io', 'https://evil.io', 'http://app.example']
const client = new PingerchipsServer('1', 'secret', { appKey: 'key' })

/** What the endpoint answers to whom; `cookie` says whether the session's is sent. */
const cases = [
  { what: 'a success', channel: 'private-user-1', cookie: true, status: 200, body: { auth: expect.any(String) } },
  { what: 'a refusal', channel: 'private-user-2', cookie: true, status: 403, body: { error: 'Access denied' } },
  { what: 'a malformed request', channel: 'a:b', cookie: true, status: 400, body: { error: expect.any(String) } },
  { what: 'a 401 of deny', channel: 'private-user-1', cookie: false, status: 401, body: { error: 'Unauthorized' } },
]

for (const { name, listener } of corsApps) {
  describe(name, () => {
    const app = running(async () => serve(await listener(client, origin)))

    test('the preflight for a JSON body with a header of the app is allowed', async () => {
      const answer = await preflight(app().url, origin)
      expect(answer.ok).toBe(true)
      expect(corsHeaders(answer)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringMatching(/\bPOST\b/),
        'access-control-allow-headers': expect.stringMatching(/^content-type, ?x-csrf-token$/),
      })
      expect(answer.headers.get('vary')).toMatch(/\borigin\b/i)
    })

    for (const { what, channel, cookie, status, body } of cases)
      test(`the app's own page can read ${what}`, async () => {
        const answer = await join(app().url, { origin, channel, cookie: cookie ? await logIn(app().url) : '' })
        expect([answer.status, await answer.json()]).toEqual([status, body])
        expect(corsHeaders(answer)).toEqual({
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
        })
        expect(answer.headers.get('vary')).toMatch(/\borigin\b/i)
        expect(answer.headers.get('cache-control')).toBe('no-store')
      })

    for (const foreignOrigin of foreignOrigins)
      test(`a page of ${foreignOrigin} can read nothing`, async () => {
        const cookie = await logIn(app().url)
        const answers = [await preflight(app().url, foreignOrigin)]
        for (const { channel } of cases) answers.push(await join(app().url, { origin: foreignOrigin, channel, cookie }))
        for (const answer of answers) expect(corsHeaders(answer)).not.toHaveProperty('access-control-allow-origin')
      })
  })

  describe(`${name}, but without the CORS middleware`, () => {
    const app = running(async () => serve(await listener(client, undefined)))

    test('no response has a CORS header: the endpoint adds none', async () => {
      const session = await logIn(app().url)
      expect(corsHeaders(await preflight(app().url, origin))).toEqual({})
      for (const { channel, cookie, status } of cases) {
        const answer = await join(app().url, { origin, channel, cookie: cookie ? session : '' })
        expect([answer.status, corsHeaders(answer)]).toEqual([status, {}])
      }
    })
  })
}

function running(start: () => Promise<Served>): () => Served {
  let served: Served
  beforeAll(async () => {
    served = await start()
  })
  afterAll(() => served.close())
  return () => served
}

async function logIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/login`, { method: 'POST', headers: { origin } })
  return answer.headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ')
}

function preflight(url: string, from: string): Promise<Response> {
  return fetch(`${url}/pingerchips/auth`, {
    method: 'OPTIONS',
    headers: {
      origin: from,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-csrf-token',
    },
  })
}

function join(
  url: string,
  { origin, channel, cookie }: { origin: string; channel: string; cookie: string },
): Promise<Response> {
  return fetch(`${url}/pingerchips/auth`, {
    method: 'POST',
    headers: { origin, cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ socket_id: '1.1', channel_name: channel }),
  })
}

function corsHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
}
