import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Explanation } from '../state/log-event.ts'

const anyOrigin = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s@]+)$/i

/** Returns whether a value is an origin: `scheme://host`, `scheme://host:port` or `null`. */
export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && anyOrigin.test(value)
}

/** Returns why a request, HTTP or WebSocket, is refused by its Host or Origin; `undefined` if it is allowed. */
export type OriginCheck = (headers: IncomingHttpHeaders) => string | undefined

/**
 * @param origins allowed beside those of this machine; their hosts are allowed as Host
 * @param allowsAddresses whether every IP address is allowed as Host, as off loopback. An address is no name that DNS
 * rebinding could change
 */
export function createOriginCheck(origins: readonly string[], allowsAddresses = false): OriginCheck {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()))
  const allowedHosts = new Set([...allowed].map((origin) => hostNameOf(origin.replace(/^[^:]*:\/\//, ''))))
  return ({ host, origin }) => {
    const name = hostNameOf(host ?? '')
    const isAddress = allowsAddresses && isIP(name ?? '') !== 0 && name !== '0.0.0.0'
    if (name === undefined || !(isLocalName(name) || isAddress || allowedHosts.has(name))) return 'Host not allowed'
    // WebSockets have no same-origin policy: every site that is open in a browser can reach a port of this machine.
    if (origin === undefined || allowed.has(origin.toLowerCase()) || isLocalOrigin(origin)) return undefined
    // The service's own page, at an address off loopback. The Host has been checked.
    if (isAddress && /^https?:\/\/(.+)$/i.exec(origin)?.[1] === host) return undefined
    return 'Origin not allowed'
  }
}

/** Names of this machine inside emulators (Android, Genymotion) and containers. */
const guestNames: ReadonlySet<string> = new Set(['10.0.2.2', '10.0.3.2', 'host.docker.internal'])

/** DNS rebinding: a page of evil.example, whose name resolves to 127.0.0.1 now, still sends its own name as Host. */
function isLocalName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost') || guestNames.has(name)
}

/** Pages of this machine, and of native apps: `capacitor://localhost`, `ionic://localhost`, `tauri://localhost`. */
function isLocalOrigin(origin: string): boolean {
  const [, scheme = '', host = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\s@]+)$/i.exec(origin) ?? []
  const name = hostNameOf(host)
  if (name === undefined) return false
  if (!/^https?$/i.test(scheme)) return name === 'localhost'
  return isLoopback(name) || name.endsWith('.localhost')
}

/** Returns whether a host name or an IP address is of this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(host)
}

/** The name of `NAME`, `NAME:PORT`, `[IPV6]` or `[IPV6]:PORT`, in lower case. */
function hostNameOf(host: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host) ?? []
  if (name?.includes('..') || name?.startsWith('.')) return undefined
  return (ipv6 ?? name)?.toLowerCase()
}

/** Explains a request that {@link OriginCheck} refuses. */
export function explainForeignOrigin({ host, origin }: IncomingHttpHeaders): Explanation {
  const from = origin === undefined ? '' : ` by a page of ${origin}`
  return {
    text: `The request was sent to the host ${host ?? '(none)'}${from}. Allowed are names of this machine, from pages of this machine and of the origins in the option \`origins\` (--origin), whose hosts are allowed too.`,
  }
}
