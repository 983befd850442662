import type { ChannelAuthorizationCallback, ChannelAuthorizationHandler } from 'pusher-js'

/** Options of {@link batchAuthorization}. */
export interface BatchAuthorizationOptions {
  /** URL of the app's auth endpoint. Default: `/pingerchips/auth`. */
  readonly endpoint?: string
  /** Request headers, or a function that returns them for each request, such as one with the current token. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>)
  /** As in `fetch`. Use `include` for cookies of another origin. Default: `same-origin`. */
  readonly credentials?: RequestCredentials
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

interface Waiting {
  readonly channel: string
  readonly callback: ChannelAuthorizationCallback
}

/** Limits of one request: the server accepts 100 channels. */
const maxChannels = 100
const longestPause = 30_000

/**
 * Makes a `channelAuthorization.customHandler` for pusher-js that authorizes many channels in one request. Requests of more
 * than 100 channels are split. A 429, a 503 and a network error are tried once more, after `Retry-After` or a second.
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
  const waiting = new Map<string, Waiting[]>()
  let refreshing: Promise<unknown> | undefined

  const request = async (socketId: string, channels: readonly Waiting[]) =>
    fetch(endpoint, {
      method: 'POST',
      credentials,
      headers: new Headers(typeof headers === 'function' ? await headers() : headers),
      body: new URLSearchParams([
        ['socket_id', socketId],
        ...channels.map(({ channel }, index) => [`channel_name[${index}]`, channel]),
      ]),
    })

  const authorize = async (socketId: string, channels: readonly Waiting[], isRetry: boolean): Promise<void> => {
    const response = await request(socketId, channels).catch(() => undefined)
    const status = response?.status ?? 0
    if (!isRetry && (status === 0 || status === 429 || status === 503)) {
      const seconds = Number(response?.headers.get('retry-after') ?? 1)
      await new Promise((resolve) => setTimeout(resolve, Math.min((seconds >= 0 ? seconds : 1) * 1000, longestPause)))
      return authorize(socketId, channels, true)
    }
    const results = status === 200 ? await response?.json().catch(() => undefined) : undefined
    const expired: Waiting[] = []
    for (const each of channels) {
      const result = results?.[each.channel]
      if (result?.status === 200) each.callback(null, result.data)
      else if (refresh && !isRetry && (result?.status ?? status) === 401) expired.push(each)
      // A 200 without a result for the channel is no authorization.
      else
        each.callback(
          new ChannelAuthorizationError(each.channel, result?.status ?? (status === 200 ? 0 : status)),
          null,
        )
    }
    if (expired.length === 0) return
    // One refresh for all batches that wait; if it fails, the second request reports it.
    refreshing ??= Promise.resolve(refresh?.())
      .catch(() => {})
      .finally(() => {
        refreshing = undefined
      })
    await refreshing
    await authorize(socketId, expired, true)
  }

  return ({ socketId, channelName }, callback) => {
    const group = waiting.get(socketId) ?? []
    if (group.length === 0) {
      waiting.set(socketId, group)
      setTimeout(() => {
        waiting.delete(socketId)
        for (let at = 0; at < group.length; at += maxChannels)
          void authorize(socketId, group.slice(at, at + maxChannels), false)
      }, maxDelay)
    }
    group.push({ channel: channelName, callback })
  }
}
