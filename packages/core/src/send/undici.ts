import { type Dispatcher, Pool } from 'undici'
import {
  AnswerText,
  type HttpAnswer,
  type HttpRequest,
  networkCode,
  type Transport,
  TransportFault,
} from './transport.ts'

/** How many connections there are to an origin at the most; what comes beyond waits for one. */
export const maxConnections = 64

/**
 * Sends through an undici pool for each origin. A connection carries one request at a time: pipelined, an event could
 * not be told applied from lost when the one before it breaks. Idle connections do not keep the process alive.
 */
export function createTransport(): Transport {
  const pools = new Map<string, Pool>()
  const poolFor = (origin: string) => {
    const kept = pools.get(origin)
    if (kept !== undefined) return kept
    // The deadline is our own: over all of it, and not anew with each byte that drips in.
    const pool = new Pool(origin, { connections: maxConnections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
    pools.set(origin, pool)
    return pool
  }
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted) return reject(new TransportFault('aborted', false))
        const { method, path, headers, body } = request
        const exchange = new Exchange(request, resolve, reject)
        poolFor(request.origin).dispatch({ method: method as 'POST', path, headers, body: body ?? null }, exchange)
      }),
    async close() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map((pool) => pool.destroy()))
    },
  }
}

/** One request on its way, as undici tells of it: straight from its parser, which spares a stream and two promises. */
class Exchange implements Dispatcher.DispatchHandler, HttpAnswer {
  status = 0
  statusText = ''
  #headers: Record<string, string | string[] | undefined> = {}
  readonly #text: AnswerText
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (fault: TransportFault) => void
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined
  /** There once the request is being written. */
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor(
    { maxAnswerBytes, timeout, signal }: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (fault: TransportFault) => void,
  ) {
    this.#text = new AnswerText(maxAnswerBytes)
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(() => this.#fail('timeout'), timeout)
    this.#signal = signal
    signal?.addEventListener('abort', this.#onAbort)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Whoever waited too long for a connection is not sent when one gets free.
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
    if (!this.#end()) return
    this.#resolve(this)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail('network', networkCode(error))
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  get text(): string {
    return this.#text.toString()
  }

  readonly #onAbort = () => this.#fail('aborted')

  #fail(kind: TransportFault['kind'], code?: string): void {
    if (!this.#end()) return
    this.#reject(new TransportFault(kind, this.#controller !== undefined, code))
    this.#controller?.abort(new Error(kind))
  }

  /** @returns whether it was not over yet */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }
}
