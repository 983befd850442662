import type { ClientSettings } from './client-options.ts'
import type { BatchOptions, CallOptions, TriggerOptions } from './http-api/call-policy.ts'
import type { ChannelInfo } from './http-api/counts.ts'
import type { BatchResult } from './http-api/event-sender.ts'
import type { BatchEvent } from './http-api/events.ts'
import type { Network } from './http-api/network.ts'
import type { ChannelCount } from './http-api/protocols/protocol.ts'
import type { ChannelQuery, ChannelState, ChannelsQuery, RequestOptions } from './http-api/queries.ts'
import { notify } from './internal/notify.ts'
import { extendLifetime } from './internal/wait-until.ts'

/** The part of {@link PingerchipsServer} that uses the service's HTTP API: events, queries, and their end. */
export abstract class Publisher {
  readonly #settings: ClientSettings
  readonly #makeNetwork: () => Network | Promise<Network>
  #network: Network | undefined
  #loading: Promise<Network> | undefined
  readonly #background = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined

  /** @param makeNetwork called on first use, and again if it has failed */
  protected constructor(settings: ClientSettings, makeNetwork: () => Network | Promise<Network>) {
    this.#settings = settings
    this.#makeNetwork = makeNetwork
  }

  /** Whether {@link Publisher.close} has been called. */
  protected get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /**
   * Sends an event to the subscribers of a channel, or of up to 100 channels. Resolves once the service has accepted it.
   *
   * With the signed and the token protocol each channel takes a request of its own, 16 at a time. If some fail, the error's
   * `channels` names them, its `code` is that of the first, and its `cause.errors` has all of them.
   *
   * The data of a `private-encrypted-` channel is encrypted before it is sent. That requires `protocol: 'pusher'` and an
   * `encryptionMasterKey`. The names of the channel and of the event stay readable.
   *
   * @param channel one name or several: each 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ; An encrypted channel must be
   * the only one
   * @param event its name, 1 to 200 characters
   * @param data any JSON, at most 64 KB as UTF-8; 49,091 bytes on an encrypted channel. Subscribers receive the same value
   * @param options `info`: counts to return; `socketId`: a connection to exclude; and time limits
   * @returns with `info`, the counts by channel name, in an object without a prototype. A channel is missing if the service
   * returned no counts for it
   * @throws {TypeError} (as a rejection) for a malformed argument, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service did not accept it; see {@link PingerchipsErrorCode}.
   * `overloaded`: 10,000 calls, or calls with 16 Mi characters of data, are already in progress
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * await PingerchipsServer.fromEnv().trigger('private-user-1', 'order-shipped', { id: 7 })
   * ```
   */
  trigger<const Count extends ChannelCount>(
    channel: string | readonly string[],
    event: string,
    data: unknown,
    options: TriggerOptions & { readonly info: readonly Count[] },
  ): Promise<Record<string, ChannelInfo<Count>>>
  trigger(channel: string | readonly string[], event: string, data: unknown, options?: TriggerOptions): Promise<void>
  async trigger(
    channel: string | readonly string[],
    event: string,
    data: unknown,
    options: TriggerOptions = {},
  ): Promise<unknown> {
    // Not `return` of the promise: that would take three more turns of the microtask queue.
    return await this.#use(({ events }, start) => events.trigger(channel, event, data, options, start))
  }

  /**
   * Sends several events: ten in a request with the `pusher` protocol, else one; 16 requests at a time.
   *
   * @param events at most 10,000, with 16 Mi characters of data in all. Those beyond fail with `overloaded`
   * @returns the result of each event, in their order: the `value` has the counts of its `info`, and the `reason` of a failed
   * event is a {@link PingerchipsError}
   * @throws {TypeError} (as a rejection) naming a malformed event: `events[3].channel`. Then none was sent
   * @throws {PingerchipsError} (as a rejection) `encryption_key_missing`, before anything is sent
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const results = await PingerchipsServer.fromEnv().triggerBatch([{ channel: 'news', event: 'added', data: { id: 1 } }])
   * const failed = results.filter(({ status }) => status === 'rejected')
   * ```
   */
  async triggerBatch(events: readonly BatchEvent[], options: BatchOptions = {}): Promise<BatchResult[]> {
    return await this.#use((network, start) => network.events.triggerBatch(events, options, start))
  }

  /**
   * Sends an event to one user, on all connections that are signed in as that user (`pusher.signin()`). Requires
   * `protocol: 'pusher'`. Resolves once the service has accepted it, whether or not the user is connected.
   *
   * @param userId as signed by `signin`: 1 to 184 characters without control characters, not `.` or `..`
   * @param event its name, 1 to 200 characters
   * @param data any JSON, at most 64 KB as UTF-8
   * @throws {TypeError} (as a rejection) for a malformed argument or another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) as `trigger`
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * await PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' }).sendToUser('42', 'invited', { by: 'Ada' })
   * ```
   */
  async sendToUser(
    userId: string,
    event: string,
    data: unknown,
    options: Omit<TriggerOptions, 'info'> = {},
  ): Promise<void> {
    await this.#use(({ events }, start) => events.sendToUser(userId, event, data, options, start))
  }

  /**
   * Closes all connections of a user. They may connect and sign in again unless your sign-in refuses the user. Requires
   * `protocol: 'pusher'`. Retried after every temporary failure, since a repetition has no further effect.
   *
   * @param userId as in {@link Publisher.sendToUser}
   * @throws {TypeError} (as a rejection) for a malformed argument or another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service did not accept it; see {@link PingerchipsErrorCode}
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * await PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' }).terminateUserConnections('42')
   * ```
   */
  async terminateUserConnections(userId: string, options: CallOptions = {}): Promise<void> {
    const { queries } = await this.#load()
    return queries.terminateUserConnections(userId, options)
  }

  /**
   * Lists the channels that have subscribers. Requires `protocol: 'pusher'`. Retried after every temporary failure.
   *
   * @param query `prefix`: the beginning of the names; `info`: what to count on each channel
   * @returns the requested counts by channel name, in an object without a prototype
   * @throws {TypeError} (as a rejection) for a malformed argument or another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service did not respond as expected; see {@link PingerchipsErrorCode}.
   * `unexpected_response` also for a response over 16 MiB
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' })
   * const rooms = await client.listChannels({ prefix: 'presence-room-', info: ['user_count'] })
   * ```
   */
  async listChannels<const Count extends ChannelCount = never>(
    query: ChannelsQuery<Count> = {},
    options: CallOptions = {},
  ): Promise<Record<string, ChannelInfo<Count>>> {
    const { queries } = await this.#load()
    return queries.listChannels(query, options)
  }

  /**
   * Returns whether a channel has subscribers, and how many. Requires `protocol: 'pusher'`. Retried after every temporary
   * failure.
   *
   * @param name 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ; but not `.` or `..`
   * @param query `info`: what to count; `user_count` only on a `presence-` channel
   * @throws as {@link Publisher.listChannels}
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' })
   * const { occupied } = await client.getChannel('private-user-1')
   * ```
   */
  async getChannel<const Count extends ChannelCount = never>(
    name: string,
    query: ChannelQuery<Count> = {},
    options: CallOptions = {},
  ): Promise<ChannelState<Count>> {
    const { queries } = await this.#load()
    return queries.getChannel(name, query, options)
  }

  /**
   * Lists the members of a presence channel. Requires `protocol: 'pusher'`. Retried after every temporary failure.
   *
   * @param name a `presence-` name: as in {@link Publisher.getChannel}
   * @returns the `user_id` of each member, once, as text
   * @throws as {@link Publisher.listChannels}
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' })
   * const ids = await client.listMembers('presence-room-1')
   * ```
   */
  async listMembers(name: string, options: CallOptions = {}): Promise<string[]> {
    const { queries } = await this.#load()
    return queries.listMembers(name, options)
  }

  /**
   * Sends a signed request to the HTTP API, for calls that have no method here. Requires `protocol: 'pusher'`. A `GET` is
   * retried after every temporary failure, a `POST` as a trigger is.
   *
   * @param path below `/apps/APP_ID`, such as `/channels`: segments of the characters that RFC 3986 allows, without `.` or `..`
   * @param options `query`: parameters by name, not `auth_…` or `body_md5`; `body`: any JSON; and those of a trigger's call
   * @returns the response's JSON; `undefined` for an empty body
   * @throws {TypeError} (as a rejection) for a malformed argument or another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if there is no 2xx with JSON; see {@link PingerchipsErrorCode}
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv(process.env, { protocol: 'pusher' })
   * const channels = await client.request('GET', '/channels', { query: { filter_by_prefix: 'presence-' } })
   * ```
   */
  async request(method: 'GET' | 'POST', path: string, options: RequestOptions = {}): Promise<unknown> {
    const { queries } = await this.#load()
    return queries.request(method, path, options)
  }

  /**
   * Takes over a promise that you do not await. A rejection goes to `onBackgroundError` instead of being unhandled, and
   * {@link Publisher.close} waits for it. It is passed to the option `waitUntil`, or to the `waitUntil` of Vercel or Netlify
   * where the code runs there, so that the platform does not stop before the work has ended. AWS Lambda has no such
   * function: await the promise there; `waitUntil` logs a warning, once.
   *
   * @returns a promise that resolves once the work has settled and never rejects: pass it to a runtime's `waitUntil`
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv()
   * client.waitUntil(client.trigger('news', 'added', { id: 1 }))
   * ```
   */
  waitUntil(work: Promise<unknown>): Promise<void> {
    const settled: Promise<void> = Promise.resolve(work).then(
      () => {},
      (error: unknown) => notify(this.#settings.onBackgroundError, error),
    )
    this.#background.add(settled)
    extendLifetime(settled, this.#settings.waitUntil)
    return settled.finally(() => this.#background.delete(settled))
  }

  /**
   * Waits for the events in flight and for {@link Publisher.waitUntil}, then closes the connections. Later triggers
   * reject with `closed`; signing still works. A client that is never closed does not keep the process alive. Repeated calls
   * return the same promise. Background work must not wait for it.
   *
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv()
   * process.once('SIGTERM', () => client.close())
   * ```
   */
  close(): Promise<void> {
    // Background work may still trigger events.
    this.#closed ??= this.#background.size === 0 ? this.#closeNetwork() : this.#closeLater()
    return this.#closed
  }

  async #closeLater(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background)
    await this.#closeNetwork()
  }

  /** Loading the network module counts against the deadline: `start` is when it began. */
  #use<Result>(work: (network: Network, start: number | undefined) => Promise<Result>): Promise<Result> {
    const network = this.#load()
    if ('events' in network) return work(network, undefined)
    const start = performance.now()
    return network.then((loaded) => work(loaded, start))
  }

  /** Synchronous where nothing has to be loaded, so that a burst of first events is bounded like any other. */
  #load(): Network | Promise<Network> {
    if (this.#network !== undefined) return this.#network
    if (this.#loading !== undefined) return this.#loading
    const made = this.#makeNetwork()
    if ('events' in made) {
      this.#network = made
      return made
    }
    this.#loading = made.then((network) => {
      this.#network = network
      return network
    })
    this.#loading.catch(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #closeNetwork(): Promise<void> {
    await (await this.#load()).events.close()
  }
}
