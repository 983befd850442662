import { exceedsBytes } from '../bytes.ts'
import { invalidArgument, typeName } from '../errors.ts'
import type { PingerchipsServer } from '../server.ts'
import type { WebhookEvent } from '../webhook/event.ts'
import { assertWebhookOptions, defaultTolerance, type WebhookOptions, webhookOptionNames } from '../webhook/options.ts'
import { rememberedFor } from '../webhook/receive.ts'
import { MemoryReplayStore, Replays } from '../webhook/replays.ts'
import type { Webhook, WebhookRefusalCode } from '../webhook/result.ts'
import { type Answer, accepted, refusals } from './answer.ts'
import { bodyType } from './body.ts'
import { type Awaitable, answered, asError } from './callback.ts'
import { type Carrier, type RawBody, tooLarge } from './carrier.ts'

/** What `on` is told of a webhook, beside its events. */
export interface WebhookDelivery<Request> {
  /** The same when the service sends the webhook again, and no other's. */
  readonly id: string
  /** When the service made it: milliseconds since 1970. */
  readonly timeMs: number
  /** The framework's own request. */
  readonly request: Request
}

/** Which webhooks to take in, and what to do with them. */
export interface WebhookEndpointOptions<Request> extends WebhookOptions {
  /**
   * Where it is, below whatever the endpoint is mounted on; of `fetchHandler` and `nodeHandler` the last segment alone
   * counts. Default: beside the auth endpoint, the last segment being `webhooks`.
   */
  readonly path?: string | undefined
  /**
   * Handles a webhook that the service has signed. The service is answered 200 once this has resolved. When it fails, or
   * takes longer than the endpoint's `timeout`, the failure goes the way of the app's own, and the service sends it again.
   */
  readonly on: (events: readonly WebhookEvent[], delivery: WebhookDelivery<Request>) => Awaitable<unknown>
}

const optionNames: Record<keyof WebhookEndpointOptions<unknown>, true> = { ...webhookOptionNames, path: true, on: true }

/** The most of a webhook that is read, in bytes: the service sends many events in one. */
export const maxWebhookBytes: number = 1024 * 1024

/** How long a webhook is somebody's whose process has ended: then another may have it. */
const leaseMs = 60_000

const answers: Readonly<Record<WebhookRefusalCode, Answer>> = {
  missing_signature: refusals.notSigned,
  unknown_key: refusals.notSigned,
  invalid_signature: refusals.notSigned,
  expired: refusals.notSigned,
  malformed: refusals.malformedWebhook,
  replayed: accepted,
}

/** The webhook endpoint: bytes → signature → time → not before → `on` → answer. */
export class WebhookReceiver<Request> {
  readonly #options: WebhookEndpointOptions<Request>
  readonly #replays: Replays | undefined
  readonly #timeout: number
  readonly #clientOf: (request: Request) => PingerchipsServer

  /**
   * @param timeout milliseconds that `on`, and each call of the store, may take
   * @throws {TypeError} naming the option that is missing, malformed or unknown
   */
  constructor(
    options: WebhookEndpointOptions<Request>,
    timeout: number,
    clientOf: (request: Request) => PingerchipsServer,
  ) {
    assertWebhookOptions(options, 'options.webhooks', optionNames)
    const { on, store = new MemoryReplayStore() } = options
    if (typeof on !== 'function')
      throw invalidArgument('options.webhooks.on', `must be a function (got ${typeName(on)})`)
    this.#options = options
    this.#replays = store === false ? undefined : new Replays(store, timeout)
    this.#timeout = timeout
    this.#clientOf = clientOf
  }

  /** @throws {Error} (as a rejection) as {@link Route.answer} does; the webhook may then come again */
  async answer(request: Request, carrier: Carrier): Promise<Answer> {
    try {
      return await this.#answer(request, carrier)
    } catch (error) {
      throw asError(error)
    }
  }

  async #answer(request: Request, carrier: Carrier): Promise<Answer> {
    if (carrier.method !== 'POST') return refusals.wrongMethod
    if (bodyType(carrier.header('content-type')) !== 'json') return refusals.wrongWebhookType
    if (Number(carrier.header('content-length')) > maxWebhookBytes) return refusals.webhookTooLarge
    const rawBody = await carrier.rawBody(maxWebhookBytes)
    // The client left: nobody hears this.
    if (rawBody === undefined) return refusals.malformedWebhook
    if (isTooLarge(rawBody)) return refusals.webhookTooLarge
    const headers = Object.fromEntries(
      ['x-pusher-key', 'x-pusher-signature'].map((name) => [name, carrier.header(name)]),
    )
    const { secrets, tolerance } = this.#options
    // What was there before is seen to below, where it is known whether it was handled.
    const webhook = await this.#clientOf(request).webhook({ headers, rawBody }, { secrets, tolerance, store: false })
    return webhook.ok ? this.#once(webhook, request) : answers[webhook.code]
  }

  /**
   * Handles a webhook unless it was, or is being, handled. It counts as handled once `on` has resolved, and as new again
   * once `on` has failed: until it is known which, the service is told to come again.
   */
  async #once({ id, timeMs, events }: Webhook, request: Request): Promise<Answer> {
    const { on, tolerance = defaultTolerance } = this.#options
    const replays = this.#replays
    const before = await replays?.add(id, 'handling', Math.ceil(this.#timeout) + leaseMs)
    if (before === 'handled') return accepted
    if (before === 'handling') return refusals.webhookBusy

    const handled = (async () => on(events, { id, timeMs, request }))().catch(async (error) => {
      // What failed first is what the app is told; a store that cannot forget either does so by itself, in time.
      await replays?.delete(id).catch(() => {})
      throw error
    })
    const remembered = handled.then(() => replays?.set(id, 'handled', rememberedFor(tolerance)))
    // When `on` takes too long nobody waits any more, and what becomes of it is remembered all the same.
    remembered.catch(() => {})
    await answered('webhooks.on', this.#timeout, handled)
    await remembered
    return accepted
  }
}

function isTooLarge(body: Exclude<RawBody, undefined>): body is typeof tooLarge {
  if (body === tooLarge) return true
  return typeof body === 'string' ? exceedsBytes(body, maxWebhookBytes) : body.byteLength > maxWebhookBytes
}
