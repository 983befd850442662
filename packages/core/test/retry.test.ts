import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hmacSha256 } from '../src/crypto/node.ts'
import { PingerchipsError } from '../src/errors.ts'
import { HookDispatcher } from '../src/hooks/hooks.ts'
import { ApiClient } from '../src/http-api/api-client.ts'
import type { CallPolicy } from '../src/http-api/call-policy.ts'
import { EventSender } from '../src/http-api/event-sender.ts'
import { outgoingEvent } from '../src/http-api/events.ts'
import { protocolFeatures } from '../src/http-api/protocols/protocol.ts'
import { signedProtocol } from '../src/http-api/protocols/signed.ts'
import { RetryBudget } from '../src/http-api/retry.ts'
import { PingerchipsServer } from '../src/index.ts'
import { signSignedRequest } from '../src/signing/api-request.ts'
import { type HttpRequest, type Transport, TransportError } from '../src/transport/transport.ts'

/** What becomes of one attempt: an answer's status and its headers, or what befell the request. */
type Attempt = number | readonly [status: number, headers: Readonly<Record<string, string>>] | TransportError | 'hang'

const noon = Date.UTC(2026, 0, 1, 12)
const hmac = hmacSha256('secret')
const protocol = signedProtocol('/api', 'k', hmac, undefined)

const policy: CallPolicy = {
  timeout: 10_000,
  deadline: 20_000,
  retries: 2,
  delivery: 'at-most-once',
  signal: undefined,
}

function senderOver(transport: Transport): EventSender {
  const hooks = new HookDispatcher({})
  const api = new ApiClient({ protocol, origin: 'https://a.test', hooks, policy, secrets: [], transport })
  return new EventSender(api, undefined)
}

/** A client whose attempts end as given, in turn; all further ones as the last. */
function clientWith(...attempts: readonly Attempt[]) {
  const requests: (HttpRequest & { readonly at: number })[] = []
  const transport: Transport = {
    close: () => Promise.resolve(),
    request: (request) => {
      const attempt = attempts[Math.min(requests.length, attempts.length - 1)]
      requests.push({ ...request, at: Date.now() - noon })
      if (attempt === 'hang')
        return new Promise((_resolve, reject) => {
          setTimeout(() => reject(new TransportError('timeout', true)), request.timeout)
        })
      if (attempt instanceof TransportError) return Promise.reject(attempt)
      const [status, headers] = typeof attempt === 'number' ? [attempt, {}] : (attempt ?? [200, {}])
      return Promise.resolve({ status, statusText: '', header: (name) => headers[name], text: '{}' })
    },
  }
  const sender = senderOver(transport)
  return {
    requests,
    /** When each attempt was made, in milliseconds. */
    times: () => requests.map(({ at }) => at),
    close: () => sender.close(),
    async trigger(own: Partial<CallPolicy> = {}): Promise<PingerchipsError | 'delivered'> {
      const event = outgoingEvent(protocolFeatures('signed', undefined), 'c', 'e', 1, {}, false)
      const sent = sender.send(event, { ...policy, ...own }, true)
      const ended = sent.then(
        () => 'delivered' as const,
        (error: PingerchipsError) => error,
      )
      await vi.runAllTimersAsync()
      return ended
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const broke = new TransportError('network', true, 'ECONNRESET')
const refused = new TransportError('network', false, 'ECONNREFUSED')
const late = new TransportError('timeout', true)
const neverSent = new TransportError('timeout', false)
const tooLarge = new TransportError('too_large', true)
const badCertificate = new TransportError('network', false, 'CERT_HAS_EXPIRED')

describe('retries after', () => {
  const all = ['at-most-once', 'at-least-once'] as const
  test.each<[name: string, attempt: Attempt, modes: readonly string[], outcome: string]>([
    ['a connection that was refused', refused, all, 'not_delivered'],
    ['a connection that took too long', neverSent, all, 'not_delivered'],
    ['429', 429, all, 'not_delivered'],
    ['502', 502, all, 'unknown'],
    ['503', 503, all, 'not_delivered'],
    ['504', 504, all, 'unknown'],
    ['a connection that broke', broke, ['at-least-once'], 'unknown'],
    ['a time-out after sending', late, ['at-least-once'], 'unknown'],
    ['an endless answer', tooLarge, [], 'unknown'],
    ['a certificate that is refused', badCertificate, [], 'not_delivered'],
    ['500', 500, [], 'unknown'],
    ['501', 501, [], 'unknown'],
    ['302', 302, [], 'not_delivered'],
    ['400', 400, [], 'not_delivered'],
    ['401', 401, [], 'not_delivered'],
    ['403', 403, [], 'not_delivered'],
    ['404', 404, [], 'not_delivered'],
    ['413', 413, [], 'not_delivered'],
    ['422', 422, [], 'not_delivered'],
  ])('%s', async (_name, attempt, modes, outcome) => {
    for (const retry of all) {
      const attempts = modes.includes(retry) ? 3 : 1
      const client = clientWith(attempt)
      expect(await client.trigger({ delivery: retry })).toMatchObject({ outcome, attempts, channel: 'c', event: 'e' })
      expect(client.requests).toHaveLength(attempts)
    }
  })

  test('several failures, until the event is delivered', async () => {
    const client = clientWith(503, refused, 200)
    expect(await client.trigger()).toBe('delivered')
    expect(client.requests).toHaveLength(3)
  })

  test.each([0, 1, 5, 10])('at most `retries` times: %i', async (retries) => {
    const client = clientWith(503)
    expect(await client.trigger({ retries, deadline: 100_000 })).toMatchObject({ attempts: retries + 1 })
    expect(client.requests).toHaveLength(retries + 1)
  })

  test('an unknown outcome stays unknown, also if a later attempt is certainly not delivered', async () => {
    expect(await clientWith(502, 503).trigger()).toMatchObject({ serviceStatus: 503, outcome: 'unknown', attempts: 3 })
    const { outcome, message } = (await clientWith(broke, refused).trigger({
      delivery: 'at-least-once',
    })) as PingerchipsError
    expect(outcome).toBe('unknown')
    expect(message).toContain('An earlier attempt may have been delivered.')
  })
})

test('each attempt is signed afresh and keeps its id', async () => {
  const client = clientWith([503, { 'retry-after': '3' }], [503, { 'retry-after': '2' }], 200)
  await client.trigger()
  const stamps = client.requests.map(({ headers }) => headers['x-timestamp'])
  expect(stamps).toEqual([0, 3, 5].map((seconds) => String(noon / 1000 + seconds)))
  for (const { path, headers, body } of client.requests)
    expect(headers['x-signature']).toBe(signSignedRequest(hmac, path, Number(headers['x-timestamp']), body ?? ''))
  const ids = new Set(client.requests.map(({ headers }) => headers['idempotency-key']))
  expect([...ids]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
  await client.trigger()
  expect(ids).not.toContain(client.requests[3]?.headers['idempotency-key'])
})

describe('the delay before a retry', () => {
  test.each([
    [0, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [0.5, [0, 50, 150, 350, 750, 1550, 3150, 5650, 8150]],
    [0.75, [0, 75, 225, 525, 1125, 2325, 4725, 8475, 12_225]],
  ])('is a random part of a bound that doubles from 100 ms to 5 s: at %d of it', async (part, times) => {
    vi.mocked(Math.random).mockReturnValue(part)
    const client = clientWith(503)
    await client.trigger({ retries: 8, deadline: 60_000 })
    expect(client.times()).toEqual(times)
  })

  test.each<[name: string, value: string | undefined, wait: number | 'no second attempt']>([
    ['none', undefined, 50],
    ['seconds', '3', 3051],
    ['zero', '0', 50],
    ['a date', new Date(noon + 7000).toUTCString(), 7051],
    ['a date of another form (RFC 850)', 'Thursday, 01-Jan-26 12:00:04 GMT', 4051],
    ['a date that is past', new Date(noon - 7000).toUTCString(), 50],
    ['not a time', 'soon', 50],
    ['less than nothing', '-5', 50],
    ['as long as the deadline', '20', 'no second attempt'],
    ['an hour', '3600', 'no second attempt'],
    ['a date beyond the deadline', new Date(noon + 20_000).toUTCString(), 'no second attempt'],
    ['more than a timer can wait', '99999999999999999999', 'no second attempt'],
  ])('is at least Retry-After: %s', async (_name, value, wait) => {
    vi.mocked(Math.random).mockReturnValue(0.5)
    for (const status of [429, 503]) {
      const client = clientWith([status, value === undefined ? {} : { 'retry-after': value }], 200)
      vi.setSystemTime(noon)
      const ended = await client.trigger()
      if (wait === 'no second attempt')
        expect(ended).toMatchObject({ serviceStatus: status, attempts: 1, retryable: true })
      else expect(client.times()).toEqual([0, wait])
    }
  })

  test('ends at the deadline, which also limits the last attempt', async () => {
    const client = clientWith([503, { 'retry-after': '2' }], 'hang')
    const error = await client.trigger({ deadline: 2500 })
    expect(error).toMatchObject({ code: 'timeout', attempts: 2, outcome: 'unknown' })
    expect(client.requests.map(({ timeout }) => timeout)).toEqual([2500, 499])
    expect(Date.now() - noon).toBe(2500)
  })

  test('counts against the deadline, while the timeout is for each attempt', async () => {
    const client = clientWith('hang')
    await client.trigger({ timeout: 300, deadline: 1000, retries: 10, delivery: 'at-least-once' })
    expect(client.requests.map(({ timeout }) => timeout)).toEqual([300, 300, 300, 100])
    expect(Date.now() - noon).toBe(1000)
  })
})

describe('an aborted signal', () => {
  test('ends the delay', async () => {
    const abort = new AbortController()
    const client = clientWith([503, { 'retry-after': '5' }])
    setTimeout(() => abort.abort(), 1234)
    const error = await client.trigger({ signal: abort.signal })
    expect(error).toMatchObject({ code: 'aborted', attempts: 1, outcome: 'not_delivered', retryable: false })
    expect(Date.now() - noon).toBe(1234)
    expect(vi.getTimerCount()).toBe(0)
  })
  test('keeps an unknown outcome', async () => {
    const abort = new AbortController()
    const client = clientWith([502, { 'retry-after': '5' }])
    setTimeout(() => abort.abort(), 1)
    expect(await client.trigger({ signal: abort.signal })).toMatchObject({ code: 'aborted', outcome: 'unknown' })
  })
  test('before the first attempt sends nothing', async () => {
    const client = clientWith(200)
    const error = await client.trigger({ signal: AbortSignal.abort() })
    expect(error).toMatchObject({ code: 'aborted', attempts: 0, outcome: 'not_delivered' })
    expect(client.requests).toHaveLength(0)
  })
})

describe('the retry budget', () => {
  const failures = (times: number) => Array.from({ length: times }, () => 503)
  const successes = (times: number) => Array.from({ length: times }, () => 200)
  const triggers = async (client: ReturnType<typeof clientWith>, times: number, policy: Partial<CallPolicy> = {}) => {
    for (let n = 0; n < times; n++) await client.trigger(policy)
  }

  test('ends the retries of an outage: 500 triggers, one after the other', async () => {
    const client = clientWith(503)
    await triggers(client, 500)
    // Of the 50 failures that it can bear, a third are a third attempt, which none follows anyway.
    expect(client.requests).toHaveLength(533)
  })
  test('ends the retries of an outage: 500 triggers at once', async () => {
    const client = clientWith(503)
    await Promise.all(Array.from({ length: 500 }, () => client.trigger()))
    expect(client.requests).toHaveLength(500 + RetryBudget.size / 2 - 1)
  })
  test.each([
    [5, 1],
    [15, 2],
  ])('after %i successes that follow an outage of 50 failures, a trigger has %i attempts', async (good, attempts) => {
    const client = clientWith(...failures(50), ...successes(good), 503)
    await triggers(client, 50, { retries: 0 })
    await triggers(client, good)
    expect(await client.trigger()).toMatchObject({ attempts })
  })
  test('does not grow beyond its size', async () => {
    const client = clientWith(...successes(2000), 503)
    await triggers(client, 2000)
    await Promise.all(Array.from({ length: 500 }, () => client.trigger()))
    expect(client.requests).toHaveLength(2000 + 500 + RetryBudget.size / 2 - 1)
  })
  test('is not used by mistakes of the caller', async () => {
    const client = clientWith(...failures(200).fill(422), 503, 503, 200)
    await triggers(client, 200)
    expect(await client.trigger()).toBe('delivered')
  })
  test('belongs to one client', async () => {
    await triggers(clientWith(503), 200)
    expect(await clientWith(503, 200).trigger()).toBe('delivered')
  })
})

describe('a wrong clock', () => {
  const said = async (aheadMs: number, status: number, text: string) => {
    const sender = senderOver({
      close: () => Promise.resolve(),
      request: async () => ({
        status,
        statusText: '',
        header: (name) => (name === 'date' ? new Date(noon - aheadMs).toUTCString() : undefined),
        text,
      }),
    })
    const event = outgoingEvent(protocolFeatures('signed', undefined), 'c', 'e', 1, {}, false)
    const sent = sender.send(event, { ...policy, retries: 0 }, true)
    const error = await sent.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PingerchipsError)
    return error as PingerchipsError
  }
  const expired = '{"error":"Request timestamp expired (max 5 minutes)"}'
  test.each([
    [432_000, "This machine's clock is 7 min 12 s ahead of the service's. Set it."],
    [-432_000, "This machine's clock is 7 min 12 s behind the service's. Set it."],
    [7_200_000, "This machine's clock is 2 h ahead of the service's. Set it."],
    [-3_661_000, "This machine's clock is 1 h 1 min 1 s behind the service's. Set it."],
  ])('by %i ms is named in the advice', async (ahead, advice) => {
    const error = await said(ahead, 403, expired)
    expect(error.code).toBe('timestamp_expired')
    expect(error.message).toBe(`Trigger failed: 403 Request timestamp expired (max 5 minutes). ${advice}`)
    expect((await said(ahead, 401, 'Timestamp expired')).message).toBe(
      `Trigger failed: 401 Timestamp expired. ${advice}`,
    )
  })
  test('is not named if the service has the same time', async () => {
    expect((await said(60_000, 401, '')).message).not.toContain('clock')
    expect((await said(60_000, 403, '{"error":"Invalid signature"}')).message).not.toContain('clock')
    expect((await said(0, 403, expired)).message).toContain('more than 5 minutes off')
  })
})

test.each([-1, 11, 1.5, Number.NaN, '2', null])('retries: %j is refused', (retries) => {
  const make = () => new PingerchipsServer('1', 's', { appKey: 'k', retries: retries as number })
  expect(make).toThrow(/^options\.retries must be an integer from 0 to 10/)
})
test.each(['once', '', true, null])('delivery: %j is refused', (retry) => {
  const make = () => new PingerchipsServer('1', 's', { appKey: 'k', delivery: retry as 'at-most-once' })
  expect(make).toThrow(/^options\.delivery must be 'at-most-once' or 'at-least-once'/)
})
