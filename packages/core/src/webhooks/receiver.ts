import { bodyType } from '../auth/parse-request.ts'
import { type EndpointResponse, emptyResponse, errorResponses } from '../auth/responses.ts'
import { answered, toError } from '../auth/run-callback.ts'
import type { PingerchipsServer } from '../client.ts'
import { isLongerThan } from '../internal/bytes.ts'
import { type IncomingRequest, type RawBody, tooLarge } from '../requests/incoming-request.ts'
import { MemoryReplayStore } from './memory-replay-store.ts'
import { defaultTolerance, maxWebhookBytes, type WebhookEndpointOptions } from './options.ts'
import { ReplayGuard } from './replay-guard.ts'
import type { Webhook, WebhookRefusalCode } from './result.ts'
import { rememberedFor } from './verify.ts'

/** How long a webhook is somebody's whose process has ended: then another may have it. */
const leaseMs = 60_000

const answers: Readonly<Record<WebhookRefusalCode, EndpointResponse>> = {
  missing_signature: errorResponses.notSigned,
  unknown_key: errorResponses.notSigned,
  invalid_signature: errorResponses.notSigned,
  expired: errorResponses.notSigned,
  malformed: errorResponses.malformedWebhook,
  replayed: emptyResponse,
}

/** The webhook endpoint: bytes → signature → time → not before → `on` → answer. */
export class WebhookReceiver<Request> {
  readonly #options: WebhookEndpointOptions<Request>
  readonly #replays: ReplayGuard | undefined
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
    this.#replays = store === false ? undefined : new ReplayGuard(store, timeout)
    this.#timeout = timeout
    this.#clientOf = clientOf
  }

  /** @throws {Error} (as a rejection) as {@link Route.answer} does; the webhook may then come again */
  async answer(request: Request, carrier: IncomingRequest): Promise<EndpointResponse> {
    try {
      return await this.#answer(request, carrier)
    } catch (error) {
      throw toError(error)
    }
  }

  async #answer(request: Request, carrier: IncomingRequest): Promise<EndpointResponse> {
    if (carrier.method !== 'POST') return errorResponses.wrongMethod
    if (bodyType(carrier.header('content-type')) !== 'json') return errorResponses.wrongWebhookType
    if (Number(carrier.header('content-length')) > maxWebhookBytes) return errorResponses.webhookTooLarge
    const rawBody = await carrier.rawBody(maxWebhookBytes)
    // The client left: nobody hears this.
    if (rawBody === undefined) return errorResponses.malformedWebhook
    if (isTooLarge(rawBody)) return errorResponses.webhookTooLarge
    const headers = Object.fromEntries(
      ['x-pusher-key', 'x-pusher-signature'].map((name) => [name, carrier.header(name)]),
    )
    const { additionalSecrets, tolerance } = this.#options
    // What was there before is seen to below, where it is known whether it was handled.
    const webhook = await this.#clientOf(request).webhook(
      { headers, rawBody },
      { additionalSecrets, tolerance, store: false },
    )
    return webhook.ok ? this.#once(webhook, request) : answers[webhook.code]
  }

  /**
   * Handles a webhook unless it was, or is being, handled. It counts as handled once `on` has resolved, and as new again
   * once `on` has failed: until it is known which, the service is told to come again.
   */
  async #once({ id, timeMs, events }: Webhook, request: Request): Promise<EndpointResponse> {
    const { handler, tolerance = defaultTolerance } = this.#options
    const replays = this.#replays
    const before = await replays?.add(id, 'handling', Math.ceil(this.#timeout) + leaseMs)
    if (before === 'handled') return emptyResponse
    if (before === 'handling') return errorResponses.webhookBusy

    const handled = (async () => handler(events, { id, timeMs, request }))().catch(async (error) => {
      // What failed first is what the app is told; a store that cannot forget either does so by itself, in time.
      await replays?.delete(id).catch(() => {})
      throw error
    })
    const remembered = handled.then(() => replays?.set(id, 'handled', rememberedFor(tolerance)))
    // When `on` takes too long nobody waits any more, and what becomes of it is remembered all the same.
    remembered.catch(() => {})
    await answered('webhooks.handler', this.#timeout, handled)
    await remembered
    return emptyResponse
  }
}

function isTooLarge(body: Exclude<RawBody, undefined>): body is typeof tooLarge {
  if (body === tooLarge) return true
  return typeof body === 'string' ? isLongerThan(body, maxWebhookBytes) : body.byteLength > maxWebhookBytes
}
