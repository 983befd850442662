import { createHmac, randomUUID } from 'node:crypto'
import type { App } from '../protocol/credentials.ts'
import type { WebhookEvent } from '../protocol/webhook-event.ts'
import type { WriteLog } from '../state/log.ts'
import type { WebhookTarget } from './target.ts'

/** Milliseconds that events are collected for one webhook, and largest number of its events. */
const collectMs = 50
const batchLimit = 100
/** Events that wait while the app does not respond. Over it the oldest are dropped. */
const queueLimit = 10_000
/** The first delay before a retry; it doubles up to the largest. */
const firstDelayMs = 250
const largestDelayMs = 5000
/** Milliseconds after which a webhook is given up, as by the hosted Pusher service. */
const giveUpMs = 5 * 60 * 1000
const responseTimeoutMs = 10_000
/** Characters of a response that are logged, and webhooks that can be sent again. */
const shownResponse = 2000
const keptDeliveries = 100

/** One webhook. Every attempt sends the same bytes, so that the app recognises a repetition. */
interface Delivery {
  readonly id: string
  readonly events: readonly WebhookEvent[]
  readonly body: string
}

/** Sends the webhooks of one app: signed, in batches, in order, with retries and backoff. */
export class WebhookSender {
  readonly #app: Pick<App, 'key' | 'secret'>
  readonly #target: Required<WebhookTarget>
  readonly #log: WriteLog
  readonly #now: () => number
  readonly #closed = new AbortController()
  readonly #deliveries = new Map<string, Delivery>()
  #queue: WebhookEvent[] = []
  #isRunning = false

  constructor(app: Pick<App, 'key' | 'secret'>, target: Required<WebhookTarget>, log: WriteLog, now: () => number) {
    this.#app = app
    this.#target = target
    this.#log = log
    this.#now = now
  }

  /** Sends an event with the next webhook, if the target wants it. */
  add(event: WebhookEvent): void {
    const { events, channelPrefix } = this.#target
    if (!events.includes(event.name) || !event.channel.startsWith(channelPrefix)) return
    this.#queue.push(event)
    if (this.#queue.length > queueLimit) this.#queue.shift()
    if (!this.#isRunning) void this.#run()
  }

  /** Sends a former webhook again, once. Returns false if it is unknown. */
  resend(id: string): boolean {
    const delivery = this.#deliveries.get(id)
    if (delivery === undefined) return false
    void this.#attempt(delivery, 1)
    return true
  }

  /** Drops waiting events, and aborts requests. */
  close(): void {
    this.#queue = []
    this.#closed.abort()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    await this.#wait(collectMs)
    while (this.#queue.length > 0) {
      const events = this.#queue.splice(0, batchLimit)
      const body = JSON.stringify({ time_ms: this.#now(), events })
      await this.#deliver({ id: randomUUID(), events, body })
    }
    this.#isRunning = false
  }

  async #deliver(delivery: Delivery): Promise<void> {
    this.#deliveries.set(delivery.id, delivery)
    const [oldest] = this.#deliveries.keys()
    if (this.#deliveries.size > keptDeliveries && oldest !== undefined) this.#deliveries.delete(oldest)

    let delayMs = firstDelayMs
    const giveUpAt = performance.now() + giveUpMs
    for (let attempt = 1; !this.#closed.signal.aborted; attempt += 1) {
      const retryMs = performance.now() + delayMs < giveUpAt ? delayMs : undefined
      if (await this.#attempt(delivery, attempt, retryMs)) return
      if (retryMs === undefined) return
      await this.#wait(retryMs)
      delayMs = Math.min(delayMs * 2, largestDelayMs)
    }
  }

  /** Sends one request. Returns whether the app accepted it, with a status from 200 to 299. */
  async #attempt({ id, events, body }: Delivery, attempt: number, retryMs?: number): Promise<boolean> {
    const { key, secret } = this.#app
    const start = performance.now()
    const result = await this.#post(body, {
      'content-type': 'application/json',
      'x-pusher-key': key,
      'x-pusher-signature': createHmac('sha256', secret).update(body).digest('hex'),
    })
    if (this.#closed.signal.aborted) return false
    const isAccepted = result.status !== undefined && result.status >= 200 && result.status < 300
    const { origin, pathname } = new URL(this.#target.url)
    this.#log(() => ({
      type: 'webhook',
      id,
      // Without its query, which may contain a token.
      url: origin + pathname,
      events,
      attempt,
      ...result,
      ms: performance.now() - start,
      retryMs: isAccepted ? undefined : retryMs,
    }))
    return isAccepted
  }

  async #post(
    body: string,
    headers: Record<string, string>,
  ): Promise<{ status?: number; response?: string; error?: string }> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(responseTimeoutMs)])
    try {
      const response = await fetch(this.#target.url, { method: 'POST', headers, body, redirect: 'manual', signal })
      const text = await response.text()
      return { status: response.status, response: text.slice(0, shownResponse) }
    } catch (error) {
      return { error: reasonOf(error) }
    }
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#closed
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms).unref()
      signal.addEventListener('abort', end)
    })
  }
}

/** The system's code, which `fetch` hides in its causes; otherwise the message of the last cause, such as `bad port`. */
function reasonOf(error: unknown): string {
  let reason = 'no response'
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
    reason = cause.name === 'TimeoutError' ? `no response within ${responseTimeoutMs} ms` : cause.message
  }
  return reason
}
