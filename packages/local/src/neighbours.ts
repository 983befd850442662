import type { IncomingHttpHeaders } from 'node:http'

const loopback = String.raw`(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?`
const loopbackHost = new RegExp(`^${loopback}$`, 'i')
const loopbackOrigin = new RegExp(`^https?://${loopback}$`, 'i')
const anyOrigin = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+)$/i

export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && anyOrigin.test(value)
}

/** Tells why a request, HTTP or WebSocket, is not of this machine; `undefined` when it is. */
export type FindStranger = (headers: IncomingHttpHeaders) => string | undefined

export function strangerFinder(origins: readonly string[]): FindStranger {
  const listed = new Set(origins.map((origin) => origin.toLowerCase()))
  return ({ host, origin }) => {
    // DNS rebinding: a page of evil.example, whose name now resolves to 127.0.0.1, still sends its own name here.
    if (host === undefined || !loopbackHost.test(host)) return 'Host not allowed'
    // WebSockets know no same-origin policy: any site that is open in a browser can reach a port of this machine.
    if (origin === undefined || loopbackOrigin.test(origin) || listed.has(origin.toLowerCase())) return undefined
    return 'Origin not allowed'
  }
}
