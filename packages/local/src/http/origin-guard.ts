import type { IncomingHttpHeaders } from 'node:http'
import type { Explanation } from '../state/log-event.ts'

const loopback = String.raw`(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?`
const loopbackHost = new RegExp(`^${loopback}$`, 'i')
const loopbackOrigin = new RegExp(`^https?://${loopback}$`, 'i')
const anyOrigin = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+)$/i

/** Returns whether a value is an origin: `scheme://host`, `scheme://host:port` or `null`. */
export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && anyOrigin.test(value)
}

/** Returns why a request, HTTP or WebSocket, is refused by its Host or Origin; `undefined` if it is allowed. */
export type OriginCheck = (headers: IncomingHttpHeaders) => string | undefined

/** @param origins allowed beside those of this machine */
export function createOriginCheck(origins: readonly string[]): OriginCheck {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()))
  return ({ host, origin }) => {
    // DNS rebinding: a page of evil.example, whose name resolves to 127.0.0.1 now, still sends its own name as Host.
    if (host === undefined || !loopbackHost.test(host)) return 'Host not allowed'
    // WebSockets have no same-origin policy: every site that is open in a browser can reach a port of this machine.
    if (origin === undefined || loopbackOrigin.test(origin) || allowed.has(origin.toLowerCase())) return undefined
    return 'Origin not allowed'
  }
}

/** Explains a request that {@link OriginCheck} refuses. */
export function explainForeignOrigin({ host, origin }: IncomingHttpHeaders): Explanation {
  const from = origin === undefined ? '' : ` by a page of ${origin}`
  return {
    text: `The request was sent to the host ${host ?? '(none)'}${from}. Allowed are localhost and 127.0.0.1, from pages of this machine and of the origins in the option \`origins\`.`,
  }
}
