import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type JwtRejection, jwtUser } from '../src/index.ts'
import { frameworkNames, startApp } from './apps.ts'
import { bearing } from './ask.ts'
import { type KeyServer, keySet, rs256, signed, startKeyServer } from './issuer.ts'

let server: KeyServer
const heard: JwtRejection[] = []
const onReject = (rejection: JwtRejection) => heard.push(rejection)
const never = 10 ** 9
/** Good for years: these tests move the clock. */
const token = await signed({ exp: Math.floor(Date.now() / 1000) + never })

beforeEach(async () => {
  server = await startKeyServer()
  heard.length = 0
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await server[Symbol.asyncDispose]()
})

/** Time stands still until the test moves it. Sockets and time-outs go on. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
}

function asker(jwksUrl = server.url) {
  const user = jwtUser({ ...rs256, jwksUrl, onReject })
  return async (bearer = token) => {
    const before = heard.length
    const answer = await user({}, bearing(bearer))
    return heard.length > before ? heard[before]?.code : (answer as { sub?: unknown }).sub
  }
}

function times<T>(count: number, what: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, what)
}

describe('one fetch', () => {
  test('for 1,000 concurrent cold verifications, and none for those after', async () => {
    const ask = asker()
    const answers = await Promise.all(times(1000, ask))
    expect(new Set(answers)).toEqual(new Set(['ada']))
    expect(server.fetches).toBe(1)
    await Promise.all(times(1000, ask))
    expect(server.fetches).toBe(1)
  })

  test.each(frameworkNames)('for 100 concurrent cold requests to %s', async (name) => {
    await using app = await startApp(name, jwtUser({ ...rs256, jwksUrl: server.url }))
    const replies = await Promise.all(times(100, () => app.join([`authorization: Bearer ${token}`])))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(server.fetches).toBe(1)
  })

  test('after 10 minutes the keys are fetched again', async () => {
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

  test('is not spent on a token that could not be good', async () => {
    const ask = asker()
    const [head = '', body = ''] = token.split('.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    expect(await ask(unsigned)).toBe('ERR_JOSE_ALG_NOT_ALLOWED')
    expect(await ask(`${head}.${body}`)).toBe('token_malformed')
    expect(server.fetches).toBe(0)
  })
})

/** Every way in which a key server can be down, and what `onReject` hears as the cause. */
const outages: Readonly<Record<string, [KeyServer['answer'], cause: object]>> = {
  'answers 503': [(_req, res) => void res.writeHead(503).end('down'), { code: 'ERR_JOSE_GENERIC' }],
  'answers 404 with keys': [
    async (_req, res) => void res.writeHead(404).end(JSON.stringify(await keySet())),
    { code: 'ERR_JOSE_GENERIC' },
  ],
  'answers garbage': [(_req, res) => void res.end('<html>'), { code: 'ERR_JWKS_INVALID' }],
  'answers nothing': [(_req, res) => void res.end(), { code: 'ERR_JWKS_INVALID' }],
  'answers JSON that is no key set': [(_req, res) => void res.end('{"keys":{}}'), { code: 'ERR_JWKS_INVALID' }],
  'answers more than 256 KiB': [
    async (_req, res) => void res.end(JSON.stringify(await keySet()).padEnd(256 * 1024 + 1)),
    { code: 'ERR_JWKS_INVALID' },
  ],
  'hangs up': [(_req, res) => void res.destroy(), { message: 'fetch failed' }],
  'hangs up in the middle': [
    (_req, res) => {
      res.writeHead(200, { 'content-length': '1000' }).write('{"keys"', () => res.destroy())
    },
    { message: 'terminated' },
  ],
}

describe.each(Object.entries(outages))('while the key server %s', (_name, [answer, cause]) => {
  test('500 requests make at most 3 fetches, and each is the same 401', async () => {
    server.answer = answer
    await using app = await startApp('Express', jwtUser({ ...rs256, jwksUrl: server.url, onReject }))
    const ask = () => app.join([`authorization: Bearer ${token}`])
    const replies = await Promise.all(times(250, ask))
    for (let i = 0; i < 250; i++) replies.push(await ask())
    expect(
      new Set(replies.map(({ status, headers, body }) => `${status} ${headers['www-authenticate']} ${body}`)),
    ).toEqual(new Set(['401 Bearer error="invalid_token" {"error":"Unauthorized"}']))
    expect(server.fetches).toBeGreaterThanOrEqual(1)
    expect(server.fetches).toBeLessThanOrEqual(3)
    expect(heard).toHaveLength(500)
    for (const { code, cause: found } of heard) {
      expect(code).toBe('jwks_unavailable')
      expect(found).toMatchObject(cause)
    }
  })
})

describe('an outage', () => {
  test('costs one fetch for each interval: 2, 4, 8, 16, 30, 30 … seconds', async () => {
    stopClock()
    server.answer = outages['answers 503']?.[0] ?? server.answer
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

  test('ends with the first fetch that succeeds, and the next one starts anew', async () => {
    stopClock()
    const up = server.answer
    server.answer = outages['answers 503']?.[0] ?? up
    const ask = asker()
    await ask()
    vi.advanceTimersByTime(2000)
    await ask()
    server.answer = up
    expect(await ask()).toBe('jwks_unavailable')
    vi.advanceTimersByTime(4000)
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(3)
    server.answer = outages['answers 503']?.[0] ?? up
    vi.advanceTimersByTime(10 * 60_000)
    expect(await ask()).toBe('jwks_unavailable')
    server.answer = up
    vi.advanceTimersByTime(2000)
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(5)
  })

  test('is not noticed while the keys are fresh, but for a key that is not among them', async () => {
    stopClock()
    const ask = asker()
    await ask()
    server.answer = outages['answers 503']?.[0] ?? server.answer
    vi.advanceTimersByTime(60_000)
    const stranger = await signed({}, { kid: 'two' })
    for (let i = 0; i < 50; i++) expect(await ask(stranger)).toBe('jwks_unavailable')
    expect(await ask()).toBe('ada')
    expect(server.fetches).toBe(2)
    vi.advanceTimersByTime(9 * 60_000)
    expect(await ask()).toBe('jwks_unavailable')
  })

  test('is the time-out of a server that hangs: everybody waits for one fetch', async () => {
    const timeout = new AbortController()
    const timeoutOf = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
    const asked = new Promise<void>((resolve) => {
      server.answer = () => resolve()
    })
    const ask = asker()
    const answers = times(500, ask)
    await asked
    timeout.abort(new DOMException('too late', 'TimeoutError'))
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['jwks_unavailable']))
    expect(await ask()).toBe('jwks_unavailable')
    expect(heard.at(-1)?.cause).toMatchObject({ code: 'ERR_JWKS_TIMEOUT' })
    expect(server.fetches).toBe(1)
    expect(timeoutOf).toHaveBeenCalledWith(5000)
  })

  test('is the time-out of a server that hangs in the middle of its answer', async () => {
    const timeout = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal)
    const { fetch } = globalThis
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
      const response = await fetch(...args)
      timeout.abort(new DOMException('too late', 'TimeoutError'))
      return response
    })
    server.answer = (_req, res) => res.write('{"keys"')
    expect(await asker()()).toBe('jwks_unavailable')
    expect(heard.at(-1)?.cause).toMatchObject({ code: 'ERR_JWKS_TIMEOUT' })
  })

  test('is a port where nobody listens', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const ask = asker(`http://127.0.0.1:${port}/jwks.json`)
    expect(new Set(await Promise.all(times(500, ask)))).toEqual(new Set(['jwks_unavailable']))
    expect(await ask()).toBe('jwks_unavailable')
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(heard.at(-1)?.cause).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })
})

test('a redirect is not followed, not even to good keys', async () => {
  await using elsewhere = await startKeyServer()
  server.answer = (_req, res) => void res.writeHead(302, { location: elsewhere.url }).end()
  expect(await asker()()).toBe('jwks_unavailable')
  expect([server.fetches, elsewhere.fetches]).toEqual([1, 0])
})

describe('a key that is not among the keys', () => {
  test('has them fetched again, at most every 30 seconds', async () => {
    stopClock()
    const ask = asker()
    await ask()
    const stranger = await signed({}, { kid: 'two' })
    vi.advanceTimersByTime(29_999)
    for (let i = 0; i < 50; i++) expect(await ask(stranger)).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(1)
    vi.advanceTimersByTime(1)
    await Promise.all(times(500, () => ask(stranger)))
    for (let i = 0; i < 50; i++) expect(await ask(stranger)).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(2)
  })

  test('is accepted once the issuer has rotated to it, and the old one no more', async () => {
    stopClock()
    const ask = asker()
    expect(await ask()).toBe('ada')
    const next = await generateKeyPair('RS256')
    const rotated = { keys: [{ ...(await exportJWK(next.publicKey)), kid: 'two' }] }
    server.answer = (_req, res) => void res.end(JSON.stringify(rotated))
    vi.advanceTimersByTime(30_000)
    expect(await ask(await signed({ sub: 'bob' }, { kid: 'two' }, next.privateKey))).toBe('bob')
    expect(await ask()).toBe('ERR_JWKS_NO_MATCHING_KEY')
    expect(server.fetches).toBe(2)
  })
})

describe('the keys that the server has', () => {
  async function only(changes: object): Promise<unknown> {
    const [key] = (await keySet()).keys
    server.answer = (_req, res) => void res.end(JSON.stringify({ keys: [{ ...key, ...changes }] }))
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

  test('refuse nobody but the token when one is broken', async () => {
    expect(await only({ n: 'AQAB' })).toBe('key_unusable')
    expect(heard.at(-1)?.cause).toBeInstanceOf(Error)
    expect(await only({ n: '!' })).toBe('key_unusable')
  })

  test('need a kid where there are several', async () => {
    const [key] = (await keySet()).keys
    server.answer = (_req, res) => void res.end(JSON.stringify({ keys: [key, { ...key, kid: 'two' }] }))
    const ask = asker()
    expect(await ask()).toBe('ada')
    expect(await ask(await signed({}, { kid: undefined }))).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS')
  })
})
