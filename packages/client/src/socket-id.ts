/** Anything with a socket id: a connection of pusher-js. */
export interface SocketIdSource {
  /** The connection; its `socket_id` is missing until it is connected. */
  readonly connection: {
    readonly socket_id?: string
  }
}

/** The part of an axios request that {@link socketIdInterceptor} uses. */
interface AxiosRequest {
  readonly url?: string | undefined
  readonly baseURL?: string | undefined
  readonly headers: { set(name: string, value: string): unknown }
}

const headerName = 'X-Socket-ID'

/**
 * Wraps `fetch` so that requests to the page's own origin carry `X-Socket-ID`, which `toOthers()` on the server reads to
 * exclude this connection. Requests to other origins are not changed.
 *
 * @param pusher the connection whose id is sent
 * @param send Default: `globalThis.fetch`
 * @example
 * ```ts
 * import { withSocketId } from '@pingerchips/client'
 * import Pusher from 'pusher-js'
 *
 * const pusher = new Pusher('APP_KEY', { cluster: '' })
 * const fetchWithSocketId = withSocketId(pusher)
 * await fetchWithSocketId('/messages', { method: 'POST', body: 'hello' })
 * ```
 */
export function withSocketId(pusher: SocketIdSource, send: typeof fetch = (...call) => fetch(...call)): typeof fetch {
  return (input, init) => {
    const socketId = pusher.connection.socket_id
    const url = input instanceof Request ? input.url : String(input)
    if (!socketId || !isOwnOrigin(url)) return send(input, init)
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    if (!headers.has(headerName)) headers.set(headerName, socketId)
    return send(input, { ...init, headers })
  }
}

/**
 * Returns a request interceptor for axios that does what {@link withSocketId} does for `fetch`.
 *
 * @example
 * ```ts
 * import { socketIdInterceptor } from '@pingerchips/client'
 * import axios from 'axios'
 * import Pusher from 'pusher-js'
 *
 * axios.interceptors.request.use(socketIdInterceptor(new Pusher('APP_KEY', { cluster: '' })))
 * ```
 */
export function socketIdInterceptor<Config extends AxiosRequest>(pusher: SocketIdSource): (config: Config) => Config {
  return (config) => {
    const socketId = pusher.connection.socket_id
    if (socketId && isOwnOrigin(new URL(config.url ?? '', new URL(config.baseURL ?? '', location.href)).href))
      config.headers.set(headerName, socketId)
    return config
  }
}

function isOwnOrigin(url: string): boolean {
  return new URL(url, location.href).origin === location.origin
}
