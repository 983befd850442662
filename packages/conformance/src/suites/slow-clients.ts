import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { json, signinPath } from '../rows/requests.ts'
import { webhooksPath } from '../rows/valid-webhooks.ts'
import { defaultPath } from './check-row.ts'
import { headOf, openSocket, type Subject, useApp } from './opened-app.ts'

/** Milliseconds that a body may take. */
const limit = 10_000
/** Milliseconds that a server may take to send a response and close. */
const grace = 1000

/** A request whose body goes on, a piece a second. */
interface Drip {
  readonly header: string
  readonly first: string
  readonly next: string
}

const drips: Readonly<Record<string, Drip>> = {
  'with a Content-Length': { header: 'Content-Length: 100', first: '{"socket_id"', next: ' ' },
  chunked: { header: 'Transfer-Encoding: chunked', first: '5\r\n{"soc\r\n', next: '1\r\n \r\n' },
}
const tooMuch = `5000\r\n${'x'.repeat(0x5000)}\r\n`

/** A body that does not end: the endpoint closes the connection after 10 s, long before Node's own timeouts would. */
export function slowClients(subject: Subject): void {
  const app = useApp(subject, 'none', { timeout: 5000 })
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  describe.each([defaultPath, signinPath, webhooksPath])('%s', (path) => {
    test.each(Object.entries(drips))('a body %s that drips is cut after 10 s', async (_name, drip) => {
      const slow = await SlowClient.start(app.running.port, headOf(path, json, ['Expect: 100-continue', drip.header]))
      await slow.drip(drip, limit - 1)
      expect(slow.isClosed, 'closed too early').toBe(false)
      await slow.advance(1 + grace)
      expect(slow.isClosed, 'still open').toBe(true)
    })
  })

  test('a body that goes on behind a 413 is cut within 10 s', async () => {
    const drip = { header: 'Transfer-Encoding: chunked', first: tooMuch, next: '1\r\n \r\n' }
    const head = headOf(defaultPath, json, ['Expect: 100-continue', drip.header])
    const slow = await SlowClient.start(app.running.port, head)
    await slow.drip(drip, limit - 1)
    await slow.advance(1 + grace)
    expect(slow.isClosed, 'still open').toBe(true)
    expect(slow.received).toMatch(/^HTTP\/1\.1 413 /)
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

  /** Sends a head with `Expect`. Node's 100 Continue shows that the request has reached the framework. */
  static async start(port: number, head: string): Promise<SlowClient> {
    const socket = await openSocket(port)
    const client = new SlowClient(socket)
    socket.write(head)
    await once(socket, 'data')
    return client
  }

  /** Sends a body for so many milliseconds, a piece a second. */
  async drip({ first, next }: Drip, duration: number): Promise<void> {
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
}
