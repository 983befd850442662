import {
  AuthEndpoint,
  type AuthEndpointOptions,
  clientPerEnv,
  type RequestClient,
  type RequestPorts,
} from '@pingerchips/core/adapter'
import type { H3Event } from 'h3'
import { versionOf } from './version.ts'

declare module 'h3' {
  interface H3EventContext {
    /** The app's Pingerchips client. Set by `app.use(pingerchips(options))`, for every handler behind it. */
    pingerchips: RequestClient
  }
}

/**
 * What {@link pingerchips} takes. A `client` function is called once for each `env` of Cloudflare's and its client kept:
 * on Workers the secrets arrive there. It must not depend on anything else of the request: another tenant would be signed
 * for with the first one's secret.
 */
export type PingerchipsOptions<User = unknown> = AuthEndpointOptions<H3Event, User>

/** A middleware for h3 2, and an event handler for h3 1: it answers for the endpoint, and passes everything else on. */
export interface PingerchipsMiddleware {
  (event: H3Event): Promise<string | undefined>
  /** What h3 1 knows an event handler by. */
  readonly __is_handler__?: true
}

/**
 * Mounts `POST /pingerchips/auth` and gives the handlers behind it `event.context.pingerchips`. Works on an app, below a
 * mount and as a file in Nitro's `server/middleware`. Failures of the app's own are thrown, for its error handling.
 *
 * @throws {TypeError} naming the option that is missing, malformed or unknown
 */
export function pingerchips<User = undefined>(options: PingerchipsOptions<User>): PingerchipsMiddleware {
  const { client } = { ...options }
  const keep = clientPerEnv()
  const endpoint = new AuthEndpoint<H3Event, User>(
    {
      ...options,
      client: typeof client === 'function' ? (event) => keep(envOf(event), () => client(event)) : client,
    },
    (event) => versionOf(event).address(event),
  )
  const middleware = async (event: H3Event): Promise<string | undefined> => {
    const version = versionOf(event)
    const context: Record<string, unknown> = event.context
    context[endpoint.property] = endpoint.requestClient(event, ports)
    const path = version.path(event)
    // With a slash at its end too, as h3 matches its own routes.
    const route = endpoint.route(version.method(event), (mounted) => path === mounted || path === `${mounted}/`)
    if (route === undefined) return undefined
    return version.answer(event, await route.answer(event, await version.carry(event)))
  }
  return Object.assign(middleware, { __is_handler__: true } as const)
}

const ports: RequestPorts<H3Event> = {
  header: (event, name) => versionOf(event).header(event, name),
  // Of h3 2, and of Nitro's events of h3 1.
  waitUntil: (event, promise) => event.waitUntil?.(promise),
}

/** Where the secrets are on Workers: h3 2 has them beside the request, Nitro in the context. */
function envOf({ runtime, context }: H3Event): unknown {
  const { cloudflare } = context as { cloudflare?: { env?: unknown } }
  return runtime?.cloudflare?.env ?? cloudflare?.env
}
