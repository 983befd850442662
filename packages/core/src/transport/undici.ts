import type { Socket } from 'node:net'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import {
  type ClientTls,
  type HttpRequest,
  type HttpResponse,
  LimitedText,
  onAbort,
  systemCode,
  type Transport,
  TransportError,
  type TransportOptions,
} from './transport.ts'

/** How many connections there are to an origin at the most; what comes beyond waits for one. */
export const maxConnections = 64

/** Sends through an undici pool for each origin. Idle connections do not keep the process alive. */
export function createTransport({ tls }: TransportOptions = {}): Transport {
  const lines = new Map<string, Line>()
  const lineTo = (origin: string) => {
    const kept = lines.get(origin)
    if (kept !== undefined) return kept
    const line = new Line(origin, tls)
    lines.set(origin, line)
    return line
  }
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted) return reject(new TransportError('aborted', false))
        new Exchange(request, lineTo(request.origin), resolve, reject).begin()
      }),
    async close() {
      const all = [...lines.values()]
      lines.clear()
      await Promise.all(all.map((line) => line.close()))
    },
  }
}

/**
 * The connections to one origin, and who waits for one. undici would let them wait too, but takes nobody out of its
 * queue: whoever gave up is found out when its turn comes, which costs a good connection each time.
 */
class Line {
  readonly #pool: Pool
  readonly #waiting = new Set<Exchange>()
  /** All that are open, or about to be. */
  readonly #sockets = new Set<Socket>()
  #free = maxConnections

  constructor(origin: string, tls: ClientTls | undefined) {
    const connector = buildConnector({ ...tls })
    this.#pool = new Pool(origin, {
      connections: maxConnections,
      // Behind another one on its connection, an event could not be told applied from lost when that one breaks.
      pipelining: 1,
      // The deadline is our own: over all of it, and not anew with each byte that drips in.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => {
        // It returns the socket, though its type does not say so.
        const socket = connector(options, callback) as unknown as Socket
        this.#sockets.add(socket)
        socket.once('close', () => this.#sockets.delete(socket))
        // A TLS alert leaves the socket open, and undici would tell of nothing but the end that follows.
        socket.on('error', (error) => socket.destroy(error))
      },
    })
  }

  enter(exchange: Exchange): void {
    if (this.#free === 0) return void this.#waiting.add(exchange)
    this.#free--
    this.#pool.dispatch(exchange.options, exchange)
  }

  giveUp(exchange: Exchange): void {
    this.#waiting.delete(exchange)
  }

  /** A connection got free. */
  leave(): void {
    this.#free++
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.enter(next)
  }

  async close(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    await this.#pool.destroy()
    // Those that are not connected yet undici would leave to their time-out, and the process would wait for it.
    for (const socket of this.#sockets) socket.destroy(new Error('closed'))
    await Promise.all(closed)
  }
}

/** One request on its way, as undici tells of it: straight from its parser, which spares a stream and two promises. */
class Exchange implements Dispatcher.DispatchHandler, HttpResponse {
  status = 0
  statusText = ''
  readonly options: Dispatcher.DispatchOptions
  #headers: Record<string, string | string[] | undefined> = {}
  readonly #text: LimitedText
  readonly #line: Line
  readonly #resolve: (answer: HttpResponse) => void
  readonly #reject: (fault: TransportError) => void
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: () => void
  /** There once the request is being written. */
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor(
    { method, path, headers, body, maxAnswerBytes, timeout, signal }: HttpRequest,
    line: Line,
    resolve: (answer: HttpResponse) => void,
    reject: (fault: TransportError) => void,
  ) {
    this.options = { method: method as 'POST', path, headers, body: body ?? null }
    this.#text = new LimitedText(maxAnswerBytes)
    this.#line = line
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(() => this.#fail('timeout'), timeout)
    this.#stopListening = onAbort(signal, () => this.#fail('aborted'))
  }

  begin(): void {
    this.#line.enter(this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Whoever waited too long for a connection is not sent when there is one.
    if (this.#isOver) controller.abort(new Error('over'))
    else this.#controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    this.status = status
    this.statusText = statusText
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#text.add(chunk)) this.#fail('too_large')
  }

  onResponseEnd(): void {
    if (this.#end()) this.#resolve(this)
    this.#line.leave()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail('network', systemCode(error))
    // Not at once: those who wait may be giving up in this same moment.
    setImmediate(() => this.#line.leave())
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  get text(): string {
    return this.#text.toString()
  }

  #fail(kind: TransportError['kind'], code?: string): void {
    if (!this.#end()) return
    this.#line.giveUp(this)
    this.#reject(new TransportError(kind, this.#controller !== undefined, code))
    this.#controller?.abort(new Error(kind))
  }

  /** @returns whether it was not over yet */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#stopListening()
    return true
  }
}
