import { resolveTls } from '#tls'
import { describeType, invalidArgument } from '../errors.ts'
import type { MtlsOptions, PemSource, TransportOptions, UndiciDispatcher } from './transport.ts'

/** Options of a client that concern its connections. */
export interface ConnectionOptions {
  /** Client certificate for mutual TLS. Node only; refused on other runtimes. Default: none. */
  readonly mtls?: MtlsOptions | undefined
  /** The trusted roots for the service's certificate, instead of the runtime's. Node only. Default: the runtime's roots. */
  readonly ca?: PemSource | undefined
  /**
   * A dispatcher of undici that sends every request, such as `ProxyAgent` or `MockAgent`. Node only. You close it yourself.
   * Default: own connections, at most 64, by way of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; a mock or a proxy that was
   * passed to `setGlobalDispatcher` is used instead of them.
   */
  readonly dispatcher?: UndiciDispatcher | undefined
  /**
   * A `fetch` function that sends every request. With `(...args) => fetch(...args)`, libraries that replace the global
   * `fetch` (nock, msw) intercept requests on Node too. Default: undici on Node, the global `fetch` elsewhere.
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Resolves the options of a client's connections to `origin`.
 * @throws {TypeError} naming the option that is missing, malformed, unknown or unreadable, or that does not fit the others,
 * the origin or the runtime
 */
export function resolveConnectionOptions(options: ConnectionOptions, origin: string): TransportOptions {
  const { dispatcher, fetch } = options as Partial<Record<keyof ConnectionOptions, unknown>>
  const tls = resolveTls(options, origin)
  if (dispatcher !== undefined && !isDispatcher(dispatcher))
    throw invalidArgument('options.dispatcher', `must be a dispatcher of undici (received ${describeType(dispatcher)})`)
  if (fetch !== undefined && typeof fetch !== 'function')
    throw invalidArgument('options.fetch', `must be a function (received ${describeType(fetch)})`)
  const given = Object.entries({ dispatcher, fetch, [options.ca === undefined ? 'mtls' : 'ca']: tls }).filter(
    ([, value]) => value !== undefined,
  )
  const [first, second] = given
  if (first !== undefined && second !== undefined)
    throw invalidArgument(`options.${first[0]}`, `cannot be combined with options.${second[0]}. Configure one of them`)
  return { tls, dispatcher, fetch: fetch as ConnectionOptions['fetch'] }
}

function isDispatcher(value: unknown): value is UndiciDispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function'
}
