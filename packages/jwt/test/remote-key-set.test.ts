import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { frameworkNames, startApp } from './apps.ts'
import { bearing } from './endpoint.ts'
import { type KeyServer, keySet, rs256, signed, startKeyServer } from './tokens.ts'

let server: KeyServer
const rejections: JwtRejection[] = []
const onReject = (rejection: JwtRejection) => rejections.push(rejection)
const never = 10 ** 9
/** Valid for years, since these tests move the clock. */
const token = await signed({ exp: Math.floor(Date.now() / 1000) + never })

beforeEach(async () => {
  server = await startKeyServer()
  rejections.length = 0
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await server[Symbol.asyncDispose]()
})

/** Stops the clock, but not sockets and timeouts. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
}

function asker(jwksUrl = server.url) {
  const user = jwtUser({ ...rs256, jwksUrl, onReject })
  return async (bearer = token) => {
    const before = rejections.length
    const result = await user({}, bearing(bearer))
    return rejections.length > before ? rejections[before]?.code : (result as { sub?: unknown }).sub
  }
}

function times<T>(count: number, what: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, what)
}

describe('one fetch', () => {
  test('serves 1,000 concurrent first verifications and all later ones', async () => {
    const ask = asker()
    const results = await Promise.all(times(1000, ask))
    expect(new Set(results)).toEqual(new Set(['ada']))
    expect(server.fetches).toBe(1)
    await Promise.all(times(1000, ask))
    expect(server.fetches).toBe(1)
  })

  test.each(frameworkNames)('serves 100 concurrent first requests to %s', async (name) => {
    await using app = await startApp(name, jwtUser({ ...rs256, jwksUrl: server.url }))
    const replies = await Promise.all(times(100, () => app.join([`authorization: Bearer ${token}`])))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(server.fetches).toBe(1)
  })

  test('is repeated after 10 minutes', async () => {
    stopClock()
    const ask = asker()
    await ask()
    vi.advanceTimersByTime(10 * 60_000 - 1)
    await ask()
    expect(server.fetches).toBe(1)
    vi.advanceTimersByTime(1)
    await Promise.all(times(100, ask))
    expect(server.fetches).toBe(2)
  })

  test('is not made for a token that cannot be valid', async () => {
    const ask = asker()
    const [head = '', body = ''] = token.split('.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    expect(await ask(unsigned)).toBe('ERR_JOSE_ALG_NOT_ALLOWED')
    expect(await ask(`${head}.${body}`)).toBe('token_malformed')
    expect(server.fetches).toBe(0)
  })
})

/** Outages of a key server, and the cause that `onReject` receives. */
const outages: Readonly<Record<string, [KeyServer['respond'], cause: object]>> = {
  'responds with 503': [(_req, res) => void res.writeHead(503).end('down'), { code: 'ERR_JOSE_GENERIC' }],
  'responds with 404 and keys': [
    async (_req, res) => void res.writeHead(404).end(JSON.stringify(await keySet())),
    { code: 'ERR_JOSE_GENERIC' },
  ],
  'responds with HTML': [(_req, res) => void res.end('<html>'), { code: 'ERR_JWKS_INVALID' }],
  'responds with an empty body': [(_req, res) => void res.end(), { code: 'ERR_JWKS_INVALID' }],
  'responds with JSON that is no key set': [(_req, res) => void res.end('{"keys":{}}'), { code: 'ERR_JWKS_INVALID' }],
  'responds with more than 256 KiB': [
    async (_req, res) => void res.end(JSON.stringify(await keySet()).padEnd(256 * 1024 + 1)),
    { code: 'ERR_JWKS_INVALID' },
  ],
  'closes the connection': [(_req, res) => void res.destroy(), { message: 'fetch failed' }],
  'closes the connection in the middle': [
    (_req, res) => {
      res.writeHead(200, { 'content-length': '1000' }).write('{"keys"', () => res.destroy())
    },
    { message: 'terminated' },
  ],
}

describe.each(Object.entries(outages))('while the key server %s', (_name, [respond, cause]) => {
  test('500 requests make at most 3 fetches, and each is the same 401', async () => {
    server.respond = respond
    await using app = await startApp('Express', jwtUser({ ...rs256, jwksUrl: server.url, onReject }))
    const ask = () => app.join([`authorization: Bearer ${token}`])
    const replies = await Promise.all(times(250, ask))
    for (let i = 0; i < 250; i++) replies.push(await ask())
    expect(
      new Set(replies.map(({ status, headers, body }) => `${status} ${headers['www-authenticate']} ${body}`)),
    ).toEqual(new Set(['401 Bearer error="invalid_token" {"error":"Unauthorized"}']))
    expect(server.fetches).toBeGreaterThanOrEqual(1)
    expect(server.fetches).toBeLessThanOrEqual(3)
    expect(rejections).toHaveLength(500)
    for (const { code, cause: found } of rejections) {
      expect(code).toBe('jwks_unavailable')
      expect(found).toMatchObject(cause)
    }
  })
})

describe('an outage', () => {
  test('costs one fetch for each interval: 2, 4, 8, 16, 30, 30 … seconds', async () => {
    stopClock()
    server.respond = outages['responds with 503']?.[0] ?? server.respond
    const ask = asker()
    const seen: number[] = []
    for (let second = 0; second <= 125; second++) {
      const before = server.fetches
      expect(new Set(await Promise.all(times(20, ask)))).toEqual(new Set(['jwks_unavailable']))
      if (server.fetches > before) seen.push(second)
      expect(server.fetches - before).toBeLessThanOrEqual(1)
      vi.advanceTimersByTime(1000)
    }
    expect(seen).toEqual([0, 2, 6, 14, 30, 60, 90, 120])
  })

  test('ends with the first successful fetch, and the next one begins with the shortest interval', async () => {
    stopClock()
    const up = server.respond
    server.respond = outages['responds with 503']?.[0] ?? up
    const ask = asker()
    await ask()
    vi.advanceTimersByTime(2000)
    await ask()
    server.respond = up
    expect(await ask()).toBe('jwks_unavailable')
    vi.advanceTimersByTime(4000)
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(3)
    server.respond = outages['responds with 503']?.[0] ?? up
    vi.advanceTimersByTime(10 * 60_000)
    expect(await ask()).toBe('jwks_unavailable')
    server.respond = up
    vi.advanceTimersByTime(2000)
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(5)
  })

  test('affects only unknown keys while the cached ones are fresh', async () => {
    stopClock()
    const ask = asker()
    await ask()
    server.respond = outages['responds with 503']?.[0] ?? server.respond
    vi.advanceTimersByTime(60_000)
    const unknownKid = await signed({}, { kid: 'two' })
    for (let i = 0; i < 50; i++) expect(await ask(unknownKid)).toBe('jwks_unavailable')
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(2)
    vi.advanceTimersByTime(9 * 60_000)
    expect(await ask()).toBe('jwks_unavailable')
  })

  test('is a server that hangs: all requests share one fetch and its timeout', async () => {
    const timeout = new AbortController()
    const timeoutOf = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
    const requested = new Promise<void>((resolve) => {
      server.respond = () => resolve()
    })
    const ask = asker()
    const results = times(500, ask)
    await requested
    timeout.abort(new DOMException('too late', 'TimeoutError'))
    expect(new Set(await Promise.all(results))).toEqual(new Set(['jwks_unavailable']))
    expect(await ask()).toBe('jwks_unavailable')
    expect(rejections.at(-1)?.cause).toMatchObject({ code: 'ERR_JWKS_TIMEOUT' })
    expect(server.fetches).toBe(1)
    expect(timeoutOf).toHaveBeenCalledWith(5000)
  })

  test('is a server that hangs in the middle of its response', async () => {
    const timeout = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
    const { fetch } = globalThis
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
      const response = await fetch(...args)
      timeout.abort(new DOMException('too late', 'TimeoutError'))
      return response
    })
    server.respond = (_req, res) => res.write('{"keys"')
    expect(await asker()()).toBe('jwks_unavailable')
    expect(rejections.at(-1)?.cause).toMatchObject({ code: 'ERR_JWKS_TIMEOUT' })
  })

  test('is a closed port', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const ask = asker(`http://127.0.0.1:${port}/jwks.json`)
    expect(new Set(await Promise.all(times(500, ask)))).toEqual(new Set(['jwks_unavailable']))
    expect(await ask()).toBe('jwks_unavailable')
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(rejections.at(-1)?.cause).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })
})

test('a redirect is not followed, even to valid keys', async () => {
  await using elsewhere = await startKeyServer()
  server.respond = (_req, res) => void res.writeHead(302, { location: elsewhere.url }).end()
  expect(await asker()()).toBe('jwks_unavailable')
  expect([server.fetches, elsewhere.fetches]).toEqual([1, 0])
})

describe('an unknown kid', () => {
  test('causes a fetch at most every 30 seconds', async () => {
    stopClock()
    const ask = asker()
    await ask()
    const unknownKid = await signed({}, { kid: 'two' })
    vi.advanceTimersByTime(29_999)
    for (let i = 0; i < 50; i++) expect(await ask(unknownKid)).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(1)
    vi.advanceTimersByTime(1)
    await Promise.all(times(500, () => ask(unknownKid)))
    for (let i = 0; i < 50; i++) expect(await ask(unknownKid)).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(2)
  })

  test('is accepted after a key rotation, and the old one no longer', async () => {
    stopClock()
    const ask = asker()
    expect(await ask()).toBe('ada')
    const next = await generateKeyPair('RS256')
    const rotated = { keys: [{ ...(await exportJWK(next.publicKey)), kid: 'two' }] }
    server.respond = (_req, res) => void res.end(JSON.stringify(rotated))
    vi.advanceTimersByTime(30_000)
    expect(await ask(await signed({ sub: 'bob' }, { kid: 'two' }, next.privateKey))).toBe('bob')
    expect(await ask()).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(2)
  })
})

describe('the keys of the server', () => {
  async function only(changes: object): Promise<unknown> {
    const [key] = (await keySet()).keys
    server.respond = (_req, res) => void res.end(JSON.stringify({ keys: [{ ...key, ...changes }] }))
    return asker()()
  }

  test('are used for what they are for', async () => {
    expect(await only({})).toBe('ada')
    expect(await only({ alg: undefined, use: undefined })).toBe('ada')
    expect(await only({ use: 'enc' })).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(await only({ key_ops: ['encrypt'] })).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(await only({ kty: 'oct', k: 'AAAA' })).toBe('ERR_JWKS_NO_MATCHING_KEY')
  })

  test('do not choose the algorithm', async () => {
    expect(await only({ alg: 'RS512' })).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(await only({ alg: 'none' })).toBe('ERR_JWKS_NO_MATCHING_KEY')
  })

  test('are key_unusable if they are malformed', async () => {
    expect(await only({ n: 'AQAB' })).toBe('key_unusable')
    expect(rejections.at(-1)?.cause).toBeInstanceOf(Error)
    expect(await only({ n: '!' })).toBe('key_unusable')
  })
})
