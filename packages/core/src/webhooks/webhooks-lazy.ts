import type { WebhookEndpointOptions } from './options.ts'
import type * as webhooks from './webhooks.ts'
import type { RespondToWebhook } from './webhooks.ts'

// Selected by `#webhooks` for runtimes that bundlers build for: most apps receive no webhooks, and the code is a tenth of
// what signs. Node, Deno and Bun load webhooks.ts itself at start, since a file that is loaded later may fail to load.

let loading: Promise<typeof webhooks> | undefined

/** Loads the module with the first webhook. A failure is forgotten. */
function load(): Promise<typeof webhooks> {
  loading ??= import('./webhooks.ts').catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

export const receiveWebhook: typeof webhooks.receiveWebhook = async (...call) => (await load()).receiveWebhook(...call)

export function webhookEndpoint<Request>(
  options: WebhookEndpointOptions<Request>,
  timeout: number,
): RespondToWebhook<Request> {
  let endpoint: RespondToWebhook<Request> | undefined
  return async (...call) => {
    const { webhookEndpoint } = await load()
    endpoint ??= webhookEndpoint(options, timeout)
    return endpoint(...call)
  }
}
