import { hmacSha256 } from '#primitives'
import type { Hmac } from './crypto/hmac.ts'
import { type Environment, missingVariable, requiredVariable, variable } from './environment.ts'
import { describeType, invalidArgument, PingerchipsError } from './errors.ts'
import { assertHooks, HookDispatcher, type Hooks, observers } from './hooks/hooks.ts'
import { assertCoalescing, type Coalescing } from './http-api/batcher.ts'
import {
  assertBatchOptions,
  assertTriggerOptions,
  type CallOptions,
  type CallPolicy,
  resolvePolicy,
  startDeadline,
  type TriggerOptions,
} from './http-api/call-policy.ts'
import { type BatchEvent, outgoingBatch, outgoingEvent, outgoingUserEvent } from './http-api/events.ts'
import { chooseProtocol, protocolFeatures } from './http-api/protocols/choose-protocol.ts'
import {
  type OutgoingEvent,
  type ProtocolFeatures,
  type ProtocolName,
  parseBaseUrl,
} from './http-api/protocols/protocol.ts'
import type { ChannelCount, ChannelInfo, ChannelQuery, ChannelState, ChannelsQuery } from './http-api/queries.ts'
import type { Remote } from './http-api/remote.ts'
import { assertDeliveryMode, assertRetries, type DeliveryMode } from './http-api/retry.ts'
import { reportError, tell } from './internal/notify.ts'
import { lazy } from './internal/once.ts'
import {
  assertChannel,
  assertIdentifier,
  assertOptions,
  assertSecret,
  assertSocketId,
  assertTimeout,
  assertToken,
  channelKind,
} from './internal/validate.ts'
import { type ChannelAuth, type Member, memberText, signChannel } from './signing/channel.ts'
import { ChannelKeys, toMasterKey } from './signing/encrypted-channels.ts'
import { type SigninUser, signUser, type UserAuth, userText } from './signing/user.ts'
import { type MtlsOptions, parseMtls } from './transport/mtls.ts'
import type { WebhookOptions } from './webhooks/options.ts'
import type { WebhookResult } from './webhooks/result.ts'
import type { WebhookInput } from './webhooks/verify.ts'

/** How a client signs, triggers and fails. */
export interface PingerchipsServerOptions {
  /**
   * The app's public key, 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot. Signing needs it: without
   * one the client can only trigger, over the token protocol.
   */
  readonly appKey?: string | undefined
  /**
   * Base URL of the HTTP API. https, or http to this machine. Without a path it gets `/api`, except over the `pusher`
   * protocol. Default: `https://queue.pingerchips.com`.
   */
  readonly endpoint?: string | undefined
  /** An API token, sent as the header `token`: 1 to 4096 printable ASCII characters without spaces. */
  readonly token?: string | undefined
  /**
   * How triggers are written on the wire. Default: `signed` with an app key, else `token`. `pusher` is the Pusher HTTP
   * API, the only one that can leave a connection out (`socketId`), that reaches several channels in one request, that
   * has encrypted channels and events for a user, and that can be asked who is where.
   */
  readonly protocol?: ProtocolName | undefined
  /**
   * Milliseconds that one attempt may take, from connecting to the last byte of the answer, 1 to 2147483647. After it the
   * event may have been sent on: the error's outcome is `unknown`. Default: 10000.
   */
  readonly timeout?: number | undefined
  /** Milliseconds that a trigger may take in all, attempts and the waits between them, 1 to 2147483647. Default: 20000. */
  readonly deadline?: number | undefined
  /**
   * How many times a failed trigger is sent again, 0 to 10: after a connection that was refused, a 429, 502, 503 or 504;
   * waiting longer each time, and at least as long as the service asks for. After some 50 failures the client stops trying
   * again, until ten successes for each failure have made up for them. 502 and 504 are taken for events that were not
   * sent on: a gateway that answers so behind one that was has it arrive twice, with the same `Idempotency-Key`.
   * Default: 2.
   */
  readonly retries?: number | undefined
  /**
   * `'at-least-once'`: also after a connection that broke or a time-out, when the event may have been sent on, and
   * arrives twice. Default: `'at-most-once'`.
   */
  readonly delivery?: DeliveryMode | undefined
  /** Has single-channel triggers of the same moment share a request. `pusher` protocol only. Default: each its own. */
  readonly batch?: Coalescing | undefined
  /**
   * Hears of a failure that nobody waits for: of {@link PingerchipsServer.waitUntil}, and of a limiter of the auth
   * endpoint that could not be asked. Default: `console.error`.
   */
  readonly onBackgroundError?: ((error: unknown) => unknown) | undefined
  /** Functions that hear of requests, retries, failures and answers of the auth endpoint, for logs and metrics. */
  readonly hooks?: Hooks | undefined
  /**
   * Makes the keys of `private-encrypted-` channels, which the service cannot read: 32 random bytes, or base64 of them
   * (`openssl rand -base64 32`). Whoever has it reads all of those channels. To trigger there takes `protocol: 'pusher'`.
   */
  readonly encryptionMasterKey?: string | Uint8Array | undefined
  /** Permits plain http to another machine, where anyone on the way can read events and tokens. Default: false. */
  readonly allowHttp?: boolean | undefined
  /** Our certificate, for a service that asks for one. Node only: elsewhere it is refused. Default: none. */
  readonly mtls?: MtlsOptions | undefined
}

const optionNames: Record<keyof PingerchipsServerOptions, true> = {
  appKey: true,
  endpoint: true,
  token: true,
  protocol: true,
  timeout: true,
  deadline: true,
  retries: true,
  delivery: true,
  batch: true,
  onBackgroundError: true,
  hooks: true,
  encryptionMasterKey: true,
  allowHttp: true,
  mtls: true,
}
/** Where the HTTP API is when no endpoint is given. */
export const defaultEndpoint = 'https://queue.pingerchips.com'
const defaultTimeout = 10_000
const defaultDeadline = 20_000
const defaultRetries = 2

/** One app's client: it signs what browsers ask for and triggers events. Make one and keep it. */
export class PingerchipsServer {
  readonly #hmac: Hmac
  readonly #appKey: string | undefined
  readonly #policy: CallPolicy
  readonly #protocol: ProtocolFeatures
  readonly #channelKeys: ChannelKeys
  /** With the first thing that goes over the network: what was triggered before `close()` is sent before it closes. */
  readonly #loadRemote: () => Promise<Remote>
  #remote: Remote | undefined
  readonly #onBackgroundError: (error: unknown) => unknown
  readonly #background = new Set<Promise<unknown>>()
  readonly #loadWebhooks = lazy(async () => {
    const { MemoryReplayStore } = await import('./webhooks/replay-guard.ts')
    return [await import('./webhooks/verify.ts'), new MemoryReplayStore()] as const
  })
  #closed: Promise<void> | undefined

  /**
   * @param appId the app's id, 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot
   * @param appSecret the app's secret, not empty. Kept as what HMAC makes of it alone: its padded keys, and their hashes
   * @param options at least an `appKey` (to sign) or a `token` (to trigger)
   * @throws {TypeError} naming the argument or the option that is missing, malformed or unknown, never its value
   */
  constructor(appId: string, appSecret: string, options: PingerchipsServerOptions = {}) {
    assertIdentifier(appId, 'appId')
    assertSecret(appSecret, 'appSecret')
    assertOptions(options, 'options', optionNames)
    const { appKey, endpoint = defaultEndpoint, token, protocol, batch, allowHttp = false } = options
    const { timeout = defaultTimeout, deadline = defaultDeadline } = options
    const { retries = defaultRetries, delivery = 'at-most-once' } = options
    const { hooks = {}, onBackgroundError = reportError, encryptionMasterKey } = options
    if (appKey !== undefined) assertIdentifier(appKey, 'options.appKey')
    if (token !== undefined) assertToken(token, 'options.token')
    assertTimeout(timeout, 'options.timeout')
    assertTimeout(deadline, 'options.deadline')
    assertRetries(retries, 'options.retries')
    assertDeliveryMode(delivery, 'options.delivery')
    if (batch !== undefined) assertCoalescing(batch, 'options.batch')
    if (typeof onBackgroundError !== 'function')
      throw invalidArgument('options.onBackgroundError', `must be a function (got ${describeType(onBackgroundError)})`)
    assertHooks(hooks, 'options.hooks')
    if (typeof allowHttp !== 'boolean')
      throw invalidArgument('options.allowHttp', `must be true or false (got ${describeType(allowHttp)})`)

    const name = chooseProtocol(protocol, appKey, token)
    const { origin, path } = parseBaseUrl(endpoint, name, allowHttp)
    this.#hmac = hmacSha256(appSecret)
    this.#appKey = appKey
    this.#policy = { timeout, deadline, retries, delivery, signal: undefined }
    this.#channelKeys = new ChannelKeys(toMasterKey(encryptionMasterKey, 'options.encryptionMasterKey'))
    this.#protocol = protocolFeatures(name, this.#channelKeys)
    if (batch !== undefined && !this.#protocol.hasBatches)
      throw invalidArgument('options.batch', `needs protocol: 'pusher'; the ${name} protocol has no batches`)
    const observer = new HookDispatcher(hooks)
    observers.set(this, observer)
    this.#onBackgroundError = onBackgroundError
    const tls = parseMtls(options.mtls, origin)
    const credentials = { appId, appKey, token, hmac: this.#hmac, channelKeys: this.#channelKeys }
    const connection = { protocol: name, origin, path, tls, observer, batch, policy: this.#policy }
    this.#loadRemote = lazy(async () => {
      const { Remote } = await import('./http-api/remote.ts')
      this.#remote = new Remote({ ...credentials, ...connection })
      return this.#remote
    })
  }

  /**
   * A client from environment variables: `PINGERCHIPS_APP_ID` and `PINGERCHIPS_APP_SECRET`, at least one of
   * `PINGERCHIPS_APP_KEY` and `PINGERCHIPS_API_TOKEN`, `PINGERCHIPS_ENDPOINT` for another endpoint than the default, and
   * `PINGERCHIPS_ENCRYPTION_MASTER_KEY` for encrypted channels.
   *
   * @param options what else the client needs; an option given here goes before the environment
   * @param env where to look. Default: `process.env`. On Workers, pass the `env` of the request
   * @throws {TypeError} naming the variable that is missing or empty, or the option that its malformed value would be
   */
  static fromEnv(
    env: Environment = globalThis.process?.env ?? {},
    options: PingerchipsServerOptions = {},
  ): PingerchipsServer {
    assertOptions(options, 'options', optionNames)
    if (typeof env !== 'object' || env === null)
      throw invalidArgument('env', `must be an object of environment variables (got ${describeType(env)})`)
    const appId = requiredVariable(env, 'PINGERCHIPS_APP_ID')
    const appSecret = requiredVariable(env, 'PINGERCHIPS_APP_SECRET')
    const appKey = options.appKey ?? variable(env, 'PINGERCHIPS_APP_KEY')
    const token = options.token ?? variable(env, 'PINGERCHIPS_API_TOKEN')
    const endpoint = options.endpoint ?? variable(env, 'PINGERCHIPS_ENDPOINT')
    const encryptionMasterKey = options.encryptionMasterKey ?? variable(env, 'PINGERCHIPS_ENCRYPTION_MASTER_KEY')
    if ((appKey ?? token) === undefined)
      throw missingVariable('PINGERCHIPS_APP_KEY (to sign and trigger) or PINGERCHIPS_API_TOKEN (to trigger alone)')
    return new PingerchipsServer(appId, appSecret, { ...options, appKey, token, endpoint, encryptionMasterKey })
  }

  /**
   * Signs a connection's admission to a channel. Synchronous. Whether the user may join is decided before this is
   * called: whoever gets this answer is in.
   *
   * @param socketId the connection, as its client library sent it
   * @param channel a `private-`, `private-encrypted-` or `presence-` name: 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;
   * @param userData who joins. Required for `presence-`. Optional for `private-`: then it is signed as `user_data`, which
   * `pingerchips-js` passes on and `pusher-js` does not. Refused for `private-encrypted-`, where nobody would be shown it
   * @returns what the client library waits for; send it as JSON with status 200
   * @throws {TypeError} for a malformed argument, before anything is signed
   * @throws {PingerchipsError} `app_key_missing` if the client was made without an app key; `encryption_key_missing` for an
   * encrypted channel if it was made without an `encryptionMasterKey`
   */
  authenticate(socketId: string, channel: string, userData?: Member): ChannelAuth {
    const appKey = this.#appKeyFor('authenticate')
    assertSocketId(socketId, 'socketId')
    assertChannel(channel, 'channel')
    const kind = channelKind(channel)
    if (kind === undefined || kind === 'public')
      throw invalidArgument('channel', 'must be private- or presence- and a name; only these are signed')
    const isPresence = kind === 'presence'
    if (isPresence && (userData === undefined || userData === null))
      throw invalidArgument(
        'userData',
        `must be { user_id, user_info? } for a presence channel (got ${describeType(userData)})`,
      )
    const text = userData === undefined || userData === null ? undefined : memberText(userData, 'userData')
    if (kind !== 'encrypted') return signChannel(this.#hmac, appKey, socketId, channel, text, isPresence)
    if (text !== undefined)
      throw invalidArgument('userData', 'must be left out for an encrypted channel, which has no members')
    const shared_secret = this.#channelKeys.sharedSecret(channel, 'authenticate')
    return { ...signChannel(this.#hmac, appKey, socketId, channel, undefined, isPresence), shared_secret }
  }

  /**
   * Signs a connection in as a user (`pusher.signin()`). Synchronous. Whoever gets this answer is that user to the
   * service: it gets the user's own events.
   *
   * @param socketId the connection, as its client library sent it
   * @param userData who signs in
   * @returns what the client library waits for; send it as JSON with status 200
   * @throws {TypeError} for a malformed argument, before anything is signed
   * @throws {PingerchipsError} `app_key_missing` if the client was made without an app key
   */
  authenticateUser(socketId: string, userData: SigninUser): UserAuth {
    const appKey = this.#appKeyFor('authenticateUser')
    assertSocketId(socketId, 'socketId')
    return signUser(this.#hmac, appKey, socketId, userText(userData, 'userData'))
  }

  /**
   * Checks a webhook and reads it: the signature over the bytes as they came, the time, and that it did not come before. What
   * a peer may send is never a rejection, but a refusal with a code.
   *
   * From then on the webhook counts as received: when you cannot handle it, call its `forget()` before you answer with a
   * failure, so that it may come again. The endpoint's option `webhooks` does that, and tells a webhook that is being
   * handled from one that was.
   *
   * @param input the request's headers and its raw body
   * @throws {TypeError} (as a rejection) for a malformed option, and for a `rawBody` that a parser has had already
   * @throws {PingerchipsError} (as a rejection) `app_key_missing` if the client was made without an app key;
   * `callback_timeout` if a store of your own does not answer within 10 s. What the store throws is passed on
   */
  async webhook(input: WebhookInput, options: WebhookOptions = {}): Promise<WebhookResult> {
    const own = { key: this.#appKeyFor('webhook'), hmac: this.#hmac }
    const [{ receiveWebhook }, memory] = await this.#loadWebhooks()
    return receiveWebhook(input, options, own, memory)
  }

  #appKeyFor(method: string): string {
    if (this.#appKey !== undefined) return this.#appKey
    throw new PingerchipsError(
      'app_key_missing',
      `${method} needs the app key, which this client was made without: pass options.appKey or set PINGERCHIPS_APP_KEY.`,
    )
  }

  /**
   * Sends an event to everyone on a channel, or on up to 100 channels. Resolves once the service has accepted it.
   *
   * Over the signed and the token protocol several channels take a request each, sent together; when some fail, the
   * error's `channels` names those, its `code` is the first one's, and its `cause.errors` has all of them.
   *
   * On a `private-encrypted-` channel the data is sealed before it is sent, and only those who were let in can open it.
   * That takes `protocol: 'pusher'`, an `encryptionMasterKey` and the package `@noble/ciphers`. The names of the channel
   * and of the event stay readable.
   *
   * @param channel one name or several: each 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ; An encrypted one stands alone
   * @param event its name, 1 to 200 characters
   * @param data any JSON, at most 64 KB as UTF-8; 49,091 bytes on an encrypted channel, which are 64 KB when they are
   * sealed. Subscribers get the same value, a string included
   * @throws {TypeError} (as a rejection) for a malformed argument, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service refused it or did not answer; `code` says which.
   * `encryption_key_missing` and `encryption_unavailable`: nothing was sent to the encrypted channel
   */
  async trigger(
    channel: string | readonly string[],
    event: string,
    data: unknown,
    options: TriggerOptions = {},
  ): Promise<void> {
    assertTriggerOptions(options)
    const policy = resolvePolicy(options, this.#policy)
    const outgoing = outgoingEvent(this.#protocol, channel, event, data, options.socketId)
    if (this.#remote !== undefined) await this.#remote.sender.send(outgoing, policy, policy === this.#policy)
    else await this.#sendFirst(outgoing, policy)
  }

  /**
   * Sends several events, ten to a request over the `pusher` protocol, else one, 16 requests at a time.
   *
   * @returns each event's result, in the order of the events: a failed one's `reason` is a {@link PingerchipsError}
   * @throws {TypeError} (as a rejection) for a malformed event, naming it: `events[3].channel`. Then none was sent
   * @throws {PingerchipsError} (as a rejection) `encryption_key_missing`, as in {@link PingerchipsServer.trigger}. As above
   */
  async triggerBatch(
    events: readonly BatchEvent[],
    options: Omit<TriggerOptions, 'socketId'> = {},
  ): Promise<PromiseSettledResult<void>[]> {
    assertBatchOptions(options)
    const outgoing = outgoingBatch(this.#protocol, events)
    const policy = resolvePolicy(options, this.#policy)
    // The deadline counts from here, not from when what sends is loaded.
    const own = startDeadline(policy, performance.now())
    const { sender } = this.#remote ?? (await this.#loadRemote())
    return sender.sendBatch(outgoing, own)
  }

  /**
   * Sends an event to one user, on all connections that are signed in as them (`pusher.signin()`), whatever those have
   * joined. `pusher` protocol only. Resolves once the service has accepted it, also when the user is not there.
   *
   * @param userId as `signin` answered it: well-formed text of 1 to 184 characters without control characters, not `.` or `..`
   * @param event its name, 1 to 200 characters
   * @param data any JSON, at most 64 KB as UTF-8
   * @throws {TypeError} (as a rejection) for a malformed argument, and over another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) as {@link PingerchipsServer.trigger}
   */
  async sendToUser(userId: string, event: string, data: unknown, options: TriggerOptions = {}): Promise<void> {
    assertTriggerOptions(options)
    const policy = resolvePolicy(options, this.#policy)
    const outgoing = outgoingUserEvent(this.#protocol, userId, event, data, options.socketId)
    if (this.#remote !== undefined) await this.#remote.sender.send(outgoing, policy, policy === this.#policy)
    else await this.#sendFirst(outgoing, policy)
  }

  /**
   * Ends all connections that are signed in as a user. They may connect again: whom to keep out is for your sign-in to
   * say. `pusher` protocol only. Sent again after any failure that may pass, since twice is as good as once.
   *
   * @param userId as in {@link PingerchipsServer.sendToUser}
   * @throws {TypeError} (as a rejection) for a malformed argument, and over another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service refused it or did not answer; `code` says which
   */
  async terminateUserConnections(userId: string, options: CallOptions = {}): Promise<void> {
    const { terminateConnections, caller } = await this.#loadRemote()
    return terminateConnections(caller, userId, options)
  }

  /**
   * Asks which channels anybody is on. `pusher` protocol only. Asked again after any failure that may pass.
   *
   * @param query `prefix`: how the names begin; `info`: what to count on each
   * @returns by name, an object without a prototype: each with the counts that were asked for, and nothing else
   * @throws {TypeError} (as a rejection) for a malformed argument, and over another protocol, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service refused it or did not answer; `code` says which.
   * `unexpected_response` also for an answer of another shape, or over 16 MiB
   */
  async listChannels<const Count extends ChannelCount = never>(
    query: ChannelsQuery<Count> = {},
    options: CallOptions = {},
  ): Promise<Record<string, ChannelInfo<Count>>> {
    const { askChannels, caller } = await this.#loadRemote()
    return askChannels(caller, query, options)
  }

  /**
   * Asks whether anybody is on a channel, and how many. `pusher` protocol only. Asked again after any failure that may pass.
   *
   * @param name 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ; but not `.` or `..`
   * @param query `info`: what to count; `user_count` on a `presence-` channel alone
   * @throws as {@link PingerchipsServer.listChannels}
   */
  async getChannel<const Count extends ChannelCount = never>(
    name: string,
    query: ChannelQuery<Count> = {},
    options: CallOptions = {},
  ): Promise<ChannelState<Count>> {
    const { askChannel, caller } = await this.#loadRemote()
    return askChannel(caller, name, query, options)
  }

  /**
   * Asks who is on a presence channel. `pusher` protocol only. Asked again after any failure that may pass.
   *
   * @param name `presence-` and a name: as in {@link PingerchipsServer.getChannel}
   * @returns the `user_id` of each member, once, as text
   * @throws as {@link PingerchipsServer.listChannels}
   */
  async listMembers(name: string, options: CallOptions = {}): Promise<string[]> {
    const { askMembers, caller } = await this.#loadRemote()
    return askMembers(caller, name, options)
  }

  /**
   * Lets work end on its own: a failure goes to `onError` instead of being an unhandled rejection, and
   * {@link PingerchipsServer.close} waits for it.
   *
   * @returns a promise that resolves when the work has settled, and never rejects: what a runtime's `waitUntil` wants
   */
  waitUntil(work: Promise<unknown>): Promise<void> {
    const settled: Promise<void> = Promise.resolve(work).then(
      () => {},
      (error: unknown) => tell(this.#onBackgroundError, error),
    )
    this.#background.add(settled)
    return settled.finally(() => this.#background.delete(settled))
  }

  /**
   * Waits for the events in flight and for work in the background, and closes the kept connections. Afterwards a trigger
   * is refused; signing goes on. A client that is never closed does not keep the process alive. Calling it again waits
   * for the same end; work in the background must not wait for it.
   */
  close(): Promise<void> {
    // What runs in the background may have events to trigger still.
    this.#closed ??= this.#background.size === 0 ? this.#closeRemote() : this.#closeLater()
    return this.#closed
  }

  async #closeLater(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background)
    await this.#closeRemote()
  }

  /** Sends one of the events that load what sends them: its deadline counts from before that. */
  async #sendFirst(event: OutgoingEvent, policy: CallPolicy): Promise<void> {
    const own = startDeadline(policy, performance.now())
    const { sender } = await this.#loadRemote()
    await sender.send(event, own, policy === this.#policy)
  }

  async #closeRemote(): Promise<void> {
    const { sender } = this.#remote ?? (await this.#loadRemote())
    await sender.close()
  }
}
