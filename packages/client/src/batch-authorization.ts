import type { ChannelAuthorizationCallback, ChannelAuthorizationHandler } from 'pusher-js'

/** Headers as `fetch` takes them. By way of `RequestInit`, which projects without the DOM's types have too. */
type RequestHeaders = NonNullable<RequestInit['headers']>

/** Options of {@link batchAuthorization}. */
export interface BatchAuthorizationOptions {
  /** URL of the app's auth endpoint. Default: `/pingerchips/auth`. */
  readonly endpoint?: string
  /** Request headers, or a function that returns them for each request, such as one with the current token. */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>)
  /** As in `fetch`. Use `include` for cookies of another origin. Default: `same-origin`. */
  readonly credentials?: NonNullable<RequestInit['credentials']>
  /** Milliseconds that a channel waits for others. Default: 0 ms, the channels of the same turn of the event loop. */
  readonly maxDelay?: number
  /**
   * Renews the credentials after a 401, such as an expired token. It is called once for all channels that wait; they are
   * then requested again, once. Default: a 401 is an error.
   */
  readonly refresh?: () => unknown
}

/** The error of one channel whose authorization was refused or failed. */
export class ChannelAuthorizationError extends Error {
  override readonly name: string = 'ChannelAuthorizationError'
  /** The HTTP status of the channel, or of the whole request; 0 if there was no response. */
  readonly status: number

  /** Made by {@link batchAuthorization}. */
  constructor(channel: string, status: number) {
    super(`${channel} was not authorized (${status || 'no response'})`)
    this.status = status
  }
}

/** A channel, and the callbacks that wait for it: two if it was unsubscribed and subscribed again at once. */
type Waiting = readonly [channel: string, callbacks: ChannelAuthorizationCallback[]]

/** Limits of one request: the endpoint accepts 100 channels and 16 KiB. */
const maxChannels = 100
const maxBytes = 12_000
const longestPause = 30_000

/**
 * Makes a `channelAuthorization.customHandler` for pusher-js that authorizes many channels in one request. More than 100
 * channels, or 12 KB of names, are split. A 429, a 503 and a network error are tried once more, after `Retry-After` or a second.
 *
 * @example
 * ```ts
 * import { batchAuthorization } from '@pingerchips/client'
 * import Pusher from 'pusher-js'
 *
 * const pusher = new Pusher('APP_KEY', {
 *   cluster: '',
 *   channelAuthorization: { customHandler: batchAuthorization({ endpoint: '/pingerchips/auth' }) },
 * })
 * ```
 */
export function batchAuthorization(options: BatchAuthorizationOptions = {}): ChannelAuthorizationHandler {
  const { endpoint = '/pingerchips/auth', headers, credentials = 'same-origin', maxDelay = 0, refresh } = options
  const waiting = new Map<string, Map<string, ChannelAuthorizationCallback[]>>()
  let refreshing: Promise<unknown> | undefined
  let refreshes = 0

  const request = async (socketId: string, channels: readonly Waiting[]) =>
    fetch(endpoint, {
      method: 'POST',
      credentials,
      headers: new Headers(typeof headers === 'function' ? await headers() : headers),
      body: new URLSearchParams([
        ['socket_id', socketId],
        ...channels.map(([channel], index) => [`channel_name[${index}]`, channel]),
      ]),
    })

  const authorize = async (
    socketId: string,
    channels: readonly Waiting[],
    mayRetry: boolean,
    mayRefresh: boolean,
  ): Promise<void> => {
    const before = refreshes
    const response = await request(socketId, channels).catch(() => undefined)
    const status = response?.status ?? 0
    if (mayRetry && (status === 0 || status === 429 || status === 503)) {
      const seconds = Number(response?.headers.get('retry-after') ?? 1)
      await new Promise((resolve) => setTimeout(resolve, Math.min((seconds >= 0 ? seconds : 1) * 1000, longestPause)))
      return authorize(socketId, channels, false, mayRefresh)
    }
    const results = status === 200 ? await response?.json().catch(() => undefined) : undefined
    const expired: Waiting[] = []
    for (const each of channels) {
      const [channel, callbacks] = each
      const result = results?.[channel]
      // A 200 without a result for the channel is no authorization.
      const own = result?.status ?? (status === 200 ? 0 : status)
      if (mayRefresh && own === 401) expired.push(each)
      // Not directly: an app's handler that throws must not stop the other channels.
      else
        for (const callback of callbacks)
          queueMicrotask(() =>
            own === 200 ? callback(null, result.data) : callback(new ChannelAuthorizationError(channel, own), null),
          )
    }
    if (expired.length === 0) return
    // One refresh for all that were sent before it. If it fails, the second request reports it.
    if (before === refreshes)
      refreshing ??= Promise.resolve()
        .then(refresh)
        .catch(() => {})
        .then(() => {
          refreshes++
          refreshing = undefined
        })
    await refreshing
    return authorize(socketId, expired, mayRetry, false)
  }

  const send = (socketId: string, group: Iterable<Waiting>) => {
    let part: Waiting[] = []
    let bytes = 0
    for (const each of group) {
      const size = encodeURIComponent(each[0]).length + 23
      if (part.length === maxChannels || bytes + size > maxBytes) {
        void authorize(socketId, part, true, refresh !== undefined)
        part = []
        bytes = 0
      }
      part.push(each)
      bytes += size
    }
    void authorize(socketId, part, true, refresh !== undefined)
  }

  return ({ socketId, channelName }, callback) => {
    let group = waiting.get(socketId)
    if (group === undefined) {
      const started = new Map<string, ChannelAuthorizationCallback[]>()
      group = started
      waiting.set(socketId, started)
      setTimeout(() => {
        waiting.delete(socketId)
        send(socketId, started)
      }, maxDelay)
    }
    group.set(channelName, [...(group.get(channelName) ?? []), callback])
  }
}
