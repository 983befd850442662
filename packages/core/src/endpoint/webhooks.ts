import { exceedsBytes } from '../bytes.ts'
import type { PingerchipsServer } from '../server.ts'
import { defaultTolerance } from '../webhook/options.ts'
import { rememberedFor } from '../webhook/receive.ts'
import { MemoryReplayStore, Replays } from '../webhook/replays.ts'
import type { Webhook, WebhookRefusalCode } from '../webhook/result.ts'
import { type Answer, accepted, refusals } from './answer.ts'
import { bodyType } from './body.ts'
import { answered, asError } from './callback.ts'
import { type Carrier, type RawBody, tooLarge } from './carrier.ts'
import { maxWebhookBytes, type WebhookEndpointOptions } from './webhooks-options.ts'

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
   * @param options as {@link assertWebhooks} has let them pass
   * @param timeout milliseconds that `on`, and each call of the store, may take
   */
  constructor(
    options: WebhookEndpointOptions<Request>,
    timeout: number,
    clientOf: (request: Request) => PingerchipsServer,
  ) {
    const { store = new MemoryReplayStore() } = options
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
