import { bodyType, missingBodyResponse } from '../auth/parse-request.ts'
import { type EndpointResponse, emptyResponse, errorResponses } from '../auth/responses.ts'
import { type Awaitable, toError, withTimeout } from '../auth/run-callback.ts'
import { isLongerThan } from '../internal/bytes.ts'
import { type IncomingRequest, type RawBody, tooLarge } from '../requests/incoming-request.ts'
import { isSignature } from '../signing/webhook.ts'
import { MemoryReplayStore } from './memory-replay-store.ts'
import { defaultTolerance, maxWebhookBytes, type WebhookEndpointOptions, type WebhookOptions } from './options.ts'
import { ReplayGuard } from './replay-guard.ts'
import type { Webhook, WebhookRefusalCode, WebhookResult } from './result.ts'
import { rememberedFor, type WebhookInput } from './verify.ts'

/** Milliseconds that a claim outlasts the process that made it. It is renewed while the handler runs. */
const leaseMs = 60_000

/** Made with each call: this module and that of the responses are in files that import each other. */
const responseFor = (code: WebhookRefusalCode): EndpointResponse => {
  if (code === 'replayed') return emptyResponse
  return code === 'malformed' ? errorResponses.malformedWebhook : errorResponses.notSigned
}

/** The client, as far as a webhook needs it. */
export interface WebhookVerifier {
  webhook(input: WebhookInput, options: WebhookOptions): Promise<WebhookResult>
}

/** The webhook endpoint: headers → body → signature → timestamp → replay → handler → response. */
export class WebhookReceiver<Request> {
  readonly #options: WebhookEndpointOptions<Request>
  readonly #replays: ReplayGuard | undefined
  readonly #timeout: number

  /**
   * @param options validated by {@link assertWebhooks}
   * @param timeout milliseconds for the handler, and for each call of the store
   */
  constructor(options: WebhookEndpointOptions<Request>, timeout: number) {
    const { store = new MemoryReplayStore() } = options
    this.#options = options
    this.#replays = store === false ? undefined : new ReplayGuard(store, timeout)
    this.#timeout = timeout
  }

  /**
   * @param resolveClient the client for the request
   * @throws {Error} (as a rejection) as {@link Route.respond}; the service may then deliver the webhook again
   */
  async respond(
    request: Request,
    incoming: IncomingRequest,
    resolveClient: () => Awaitable<WebhookVerifier>,
  ): Promise<EndpointResponse> {
    try {
      return await this.#receive(request, incoming, resolveClient)
    } catch (error) {
      throw toError(error)
    }
  }

  async #receive(
    request: Request,
    incoming: IncomingRequest,
    resolveClient: () => Awaitable<WebhookVerifier>,
  ): Promise<EndpointResponse> {
    if (incoming.method !== 'POST') return errorResponses.wrongMethod
    if (bodyType(incoming.header('content-type')) !== 'json') return errorResponses.wrongWebhookType
    if (Number(incoming.header('content-length')) > maxWebhookBytes) return errorResponses.webhookTooLarge
    const signature = incoming.header('x-pusher-signature')
    const headers = { 'x-pusher-key': incoming.header('x-pusher-key'), 'x-pusher-signature': signature }
    if (!isSignature(signature)) return errorResponses.notSigned
    const client = await resolveClient()
    const { additionalSecrets, tolerance } = this.#options
    // #handleOnce looks for replays, since it knows whether a webhook was handled or only received.
    const options = { additionalSecrets, tolerance, store: false } as const
    // An unknown key is refused before the body is read.
    const unread = await client.webhook({ headers, rawBody: '' }, options)
    if (!unread.ok && unread.code !== 'invalid_signature') return responseFor(unread.code)
    const rawBody = await incoming.rawBody(maxWebhookBytes)
    if (isTooLarge(rawBody)) return errorResponses.webhookTooLarge
    // The client has left.
    if (rawBody === undefined) return errorResponses.malformedWebhook
    if (typeof rawBody === 'symbol') return missingBodyResponse(rawBody)
    const webhook = await client.webhook({ headers, rawBody }, options)
    return webhook.ok ? this.#handleOnce(webhook, request) : responseFor(webhook.code)
  }

  /**
   * Calls the handler unless it was, or is being, called for this webhook. A webhook counts as handled once the handler has
   * resolved, and as new again once it has failed. Until then further deliveries receive a 503.
   */
  async #handleOnce({ id, timeMs, events }: Webhook, request: Request): Promise<EndpointResponse> {
    const { handler, tolerance = defaultTolerance } = this.#options
    const lease = await this.#replays?.acquire(id, 'handling', leaseMs)
    if (lease === 'handled') return emptyResponse
    if (lease === 'handling') return errorResponses.webhookBusy

    const endLease = lease?.keep(leaseMs, rememberedFor(tolerance))
    const handled = (async () => handler(events, { id, timeMs, request }))().catch(async (error) => {
      endLease?.()
      // The handler's error is the one to report; a store that cannot release lets the lease expire.
      await lease?.release().catch(() => {})
      throw error
    })
    const completed = handled.then(() => {
      endLease?.()
      return lease?.complete(rememberedFor(tolerance))
    })
    // After a timeout nothing awaits this any more; the outcome is recorded all the same.
    completed.catch(() => {})
    await withTimeout('webhooks.handler', this.#timeout, handled)
    await completed
    return emptyResponse
  }
}

function isTooLarge(body: RawBody): boolean {
  if (body === tooLarge) return true
  if (body === undefined || typeof body === 'symbol') return false
  return typeof body === 'string' ? isLongerThan(body, maxWebhookBytes) : body.byteLength > maxWebhookBytes
}
