import { PingerchipsError } from '../errors.ts'
import { once } from '../internal/once.ts'
import type * as features from './features.ts'

// Selected by `#features` for runtimes that bundlers build for: most requests need none of them. Node,
// Deno and Bun load features.ts itself at start, since a file that is loaded later may fail to load.

const load = once(() =>
  import('./features.ts').catch(() => {
    // The cause names files of the bundle.
    throw new PingerchipsError(
      'load_failed',
      'A module of the endpoint could not be loaded. The next call tries again.',
      {
        retryable: true,
      },
    )
  }),
)

export const receiveWebhook: typeof features.receiveWebhook = async (...call) => (await load()).receiveWebhook(...call)

export const respondToBatch: typeof features.respondToBatch = async (...call) => (await load()).respondToBatch(...call)

export const webhookEndpoint: typeof features.webhookEndpoint = (...options) => {
  const endpoint = once(async () => (await load()).webhookEndpoint(...options))
  return async (...call) => (await endpoint())(...call)
}

export const rateLimitCheck: typeof features.rateLimitCheck = (...options) => {
  const check = once(async () => (await load()).rateLimitCheck(...options))
  return async (...call) => (await check())(...call)
}
