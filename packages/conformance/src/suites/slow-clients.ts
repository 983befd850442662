import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { form, json, signinPath } from '../rows/requests.ts'
import { signedHeaders, webhooksPath } from '../rows/valid-webhooks.ts'
import { defaultPath } from './check-row.ts'
import { headOf, openSocket, type Subject, useApp } from './opened-app.ts'

/** Milliseconds that a body may take. */
const limit = 10_000
/** Milliseconds that a server may take to send a response and close. */
const grace = 1000

/** A request whose body goes on, a piece a second. */
interface SlowRequest {
  readonly name: string
  readonly status: number
  readonly path?: string
  readonly method?: string
  readonly type?: string
  readonly headers: readonly string[]
  readonly first?: string
  readonly next?: string
}

const length = 'Content-Length: 100'
const chunked = { headers: ['Transfer-Encoding: chunked'], first: '5\r\n{"soc\r\n', next: '1\r\n \r\n' }
/** A webhook is refused at once unless its key is known. */
const signature = (path: string) =>
  path === webhooksPath ? Object.entries(signedHeaders('{}')).map(([name, value]) => `${name}: ${value}`) : []
const requests: readonly SlowRequest[] = [
  ...[defaultPath, signinPath, webhooksPath].flatMap((path) => [
    { name: `${path} with a Content-Length`, path, status: 408, headers: [length, ...signature(path)] },
    { name: `${path}, chunked`, path, status: 408, ...chunked, headers: [...chunked.headers, ...signature(path)] },
    { name: `PUT ${path}`, path, method: 'PUT', status: 405, headers: [length] },
  ]),
  { name: 'an unsigned webhook', path: webhooksPath, status: 401, headers: [length] },
  { name: 'a form', type: form, status: 408, headers: [length] },
  { name: 'DELETE, chunked', method: 'DELETE', status: 405, ...chunked },
  { name: 'another media type', type: 'text/plain', status: 415, headers: [length] },
  { name: 'another media type, chunked', type: 'text/plain', status: 415, ...chunked },
  { name: 'a Content-Encoding', status: 415, headers: [length, 'Content-Encoding: gzip'] },
  { name: 'a Content-Length over the limit', status: 413, headers: ['Content-Length: 20000'] },
  { name: 'more bytes than the limit', status: 413, ...chunked, first: `5000\r\n${'x'.repeat(0x5000)}\r\n` },
]

/** A body that does not end: the endpoint closes the connection after 10 s, long before Node's own timeouts would. */
export function slowClients(subject: Subject): void {
  const app = useApp(subject, 'none', { timeout: 5000 })
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each(requests)('$name: a body that drips gets a $status and is cut after 10 s', async (request) => {
    const { path = defaultPath, method, type = json, headers, status, first = '{"socket_id"', next = ' ' } = request
    const slow = new SlowClient(await openSocket(app.running.port))
    // Node's 100 Continue shows that the request has reached the framework.
    await slow.start(headOf(path, type, ['Expect: 100-continue', ...headers], method))
    await slow.drip(first, next, limit - 1)
    // Some servers close a refused request sooner.
    if (status === 408) expect(slow.isClosed, 'closed too early').toBe(false)
    await slow.advance(1 + grace)
    await slow.closes()
    expect(slow.isClosed, 'still open').toBe(true)
    expect(slow.received.match(/HTTP\/1\.1 \d{3}/g)).toEqual([`HTTP/1.1 ${status}`])
  })
}

/** A client whose clock is the fake one. Node's own timeouts run on the real one, of which little passes here. */
class SlowClient {
  received = ''
  isClosed = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => {
      this.received = (this.received + data).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
    })
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  async start(head: string): Promise<void> {
    this.#socket.write(head)
    await once(this.#socket, 'data')
  }

  /** Sends a body for so many milliseconds, a piece a second. */
  async drip(first: string, next: string, duration: number): Promise<void> {
    this.#socket.write(first)
    for (let left = duration; left > 0 && !this.isClosed; left -= 1000) {
      await this.advance(Math.min(left, 1000))
      if (left > 1000) this.#socket.write(next)
    }
  }

  /** Lets so many milliseconds pass, and what follows happen. */
  async advance(duration: number): Promise<void> {
    const step = 50
    for (let left = duration; left > 0 && !this.isClosed; left -= step) {
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
      vi.advanceTimersByTime(Math.min(left, step))
    }
    for (let turn = 0; turn < 20 && !this.isClosed; turn++) await new Promise(setImmediate)
  }

  /**
   * Waits until the end of the connection has arrived, without advancing the clock: at most 2 s of real time, less than
   * Node's own timeouts.
   */
  async closes(): Promise<void> {
    if (!this.isClosed) await once(this.#socket, 'close', { signal: AbortSignal.timeout(2000) }).catch(() => {})
  }
}
