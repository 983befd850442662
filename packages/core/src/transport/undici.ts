import { createRequire } from 'node:module'
import type { Dispatcher } from 'undici'
import { createTransport as createFetchTransport } from './fetch.ts'
import { type DispatchOptions, OriginPool, type Turn, type Undici } from './origin-pool.ts'
import {
  type HttpRequest,
  type HttpResponse,
  LimitedText,
  onAbort,
  systemCode,
  type Transport,
  TransportError,
  type TransportErrorKind,
  type TransportOptions,
} from './transport.ts'

/** Most idle origins whose connections are kept. A pool takes some 22 KB. */
const maxIdleOrigins = 32

/** Sends through undici, with a pool for each origin. Idle connections do not keep the process alive. */
export function createTransport(options: TransportOptions = {}): Transport {
  if (options.fetch !== undefined) return createFetchTransport(options)
  const pools = new Map<string, OriginPool>()
  /** The least recently used first. */
  const idle = new Set<OriginPool>()
  const onIdle = (pool: OriginPool) => {
    idle.add(pool)
    if (idle.size <= maxIdleOrigins) return
    const [oldest = pool] = idle
    idle.delete(oldest)
    pools.delete(oldest.origin)
    void oldest.close()
  }
  const poolOf = (origin: string, undici: Undici) => {
    const pool = pools.get(origin) ?? new OriginPool(origin, undici, options, onIdle)
    pools.set(origin, pool)
    idle.delete(pool)
    return pool
  }
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal?.aborted) return reject(new TransportError('aborted', false))
        const pending = new PendingRequest(request, resolve, reject)
        const start = (undici: Undici) => pending.start(poolOf(request.origin, undici))
        if (loaded !== undefined) return start(loaded)
        loadUndici().then(start, (error) => pending.fail('not_loaded', systemCode(error)))
      }),
    async close() {
      const all = [...pools.values()]
      pools.clear()
      idle.clear()
      await Promise.all(all.map((pool) => pool.close()))
    },
  }
}

let loaded: Undici | undefined
let loading: Promise<Undici> | undefined

/** Loads undici with the first request: it takes longer than all of this package. A failure is forgotten. */
function loadUndici(): Promise<Undici> {
  loading ??= importUndici().finally(() => {
    loading = undefined
  })
  return loading
}

async function importUndici(): Promise<Undici> {
  try {
    loaded = await import('undici')
  } catch {
    // Node remembers a failed import for the life of the process, a failed require it does not.
    loaded = createRequire(import.meta.url)('undici') as Undici
  }
  return loaded
}

/** Thrown to undici when a request is over before it was written: undici then drops it and keeps the connection. */
const isOver = new Error('The request is over.')

/**
 * One request in progress, as a handler for undici: it spares a stream and two promises for each request. It has the
 * methods of both handler interfaces, that of undici 7 and later and that of undici 6, for dispatchers of the app.
 */
class PendingRequest implements Dispatcher.DispatchHandler, HttpResponse, Turn {
  isTaken = false
  context: Turn['context']
  status = 0
  statusText = ''
  readonly #options: DispatchOptions
  #headers: Record<string, string | string[] | undefined> = {}
  readonly #text: LimitedText
  readonly #resolve: (response: HttpResponse) => void
  readonly #reject: (error: TransportError) => void
  readonly #timer: NodeJS.Timeout
  readonly #stopListening: () => void
  #pool: OriginPool | undefined
  #hasConnection = false
  /** Set once the request is being written. */
  #abort: ((reason: Error) => void) | undefined
  #isOver = false

  constructor(
    { method, origin, path, headers, body, maxResponseBytes, timeout, signal }: HttpRequest,
    resolve: (response: HttpResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#options = {
      origin,
      method: method as 'POST',
      path,
      headers,
      body: body ?? null,
      // The timeout below is for the whole exchange; undici's would begin anew with each byte.
      headersTimeout: 0,
      bodyTimeout: 0,
      turn: this,
    }
    this.#text = new LimitedText(maxResponseBytes)
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(() => this.fail('timeout'), timeout)
    this.#stopListening = onAbort(signal, () => this.fail('aborted'))
  }

  start(pool: OriginPool): void {
    if (this.#isOver) return
    this.#pool = pool
    const turn = pool.acquire(this)
    if (turn === undefined) this.#dispatch(pool)
    // A continuation keeps the async context of the caller; the code that frees a connection runs in another's.
    else void turn.then(() => this.#dispatch(pool))
  }

  onRequestStart(controller: Pick<Dispatcher.DispatchController, 'abort'>): void {
    if (this.#isOver) throw isOver
    this.#abort = (reason) => controller.abort(reason)
  }

  onResponseStart(
    _controller: unknown,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    this.status = status
    this.statusText = statusText
    this.#headers = headers
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    if (!this.#text.add(chunk)) this.fail('too_large')
  }

  onResponseEnd(): void {
    if (this.#end()) this.#resolve(this)
    this.#release()
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail('network', systemCode(error))
    // Not at once: requests that wait may be timing out in this same moment.
    setImmediate(() => this.#release())
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.onRequestStart({ abort })
  }

  onHeaders(status: number, raw: readonly Uint8Array[], _resume: () => void, statusText: string): boolean {
    const texts = raw.map((part) => Buffer.from(part).toString('latin1'))
    const headers: Record<string, string> = Object.create(null)
    for (let at = 0; at < texts.length; at += 2) headers[texts[at]?.toLowerCase() ?? ''] ??= texts[at + 1] ?? ''
    this.onResponseStart(undefined, status, headers, statusText)
    return true
  }

  onData(chunk: Uint8Array): boolean {
    this.onResponseData(undefined, chunk)
    return true
  }

  onComplete(): void {
    this.onResponseEnd()
  }

  onError(error: Error): void {
    this.onResponseError(undefined, error)
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  get text(): string {
    return this.#text.toString()
  }

  fail(kind: TransportErrorKind, code?: string): void {
    if (!this.#end()) return
    this.#pool?.cancel(this)
    this.#reject(new TransportError(kind, this.#abort !== undefined, code))
    this.#abort?.(new Error(kind))
  }

  #dispatch(pool: OriginPool): void {
    if (this.#isOver) {
      pool.release()
      return
    }
    this.#hasConnection = true
    try {
      pool.dispatch(this.#options, this)
    } catch (error) {
      this.onResponseError(undefined, error as Error)
    }
  }

  #release(): void {
    if (!this.#hasConnection) return
    this.#hasConnection = false
    this.#pool?.release()
  }

  /** @returns whether it was still in progress */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#stopListening()
    return true
  }
}
