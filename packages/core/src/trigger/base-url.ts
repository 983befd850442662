import { describeType, invalidArgument } from '../errors.ts'
import type { ProtocolName } from './protocol.ts'

export interface BaseUrl {
  readonly origin: string
  /** The path that every request's path starts with, without a slash at its end; `''` for none. */
  readonly path: string
}

/**
 * The endpoint in parts. Without a path it gets `/api`, except for the Pusher protocol, which takes it as it is.
 * @throws {TypeError} for anything but https, http to this machine, or any http with `allowHttp`; each with an optional path
 */
export function parseBaseUrl(endpoint: unknown, protocol: ProtocolName, allowHttp: boolean): BaseUrl {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalidArgument('options.endpoint', `must be an absolute https URL (got ${describeType(endpoint)})`)
  if (url.username !== '' || url.password !== '')
    throw invalidArgument('options.endpoint', 'must not hold a user name or a password')
  if (url.search !== '' || url.hash !== '')
    throw invalidArgument('options.endpoint', 'must not hold a query or a fragment')
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname))
    throw invalidArgument(
      'options.endpoint',
      'must be https, since anyone on the way could read events and tokens; allowHttp: true permits http to another machine',
    )
  const path = url.pathname.replace(/\/+$/, '')
  return { origin: url.origin, path: path === '' && protocol !== 'pusher' ? '/api' : path }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
