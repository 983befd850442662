import { assertIdentifier, assertSecret, assertToken } from './credentials.ts'
import { type Environment, missingVariable, requiredVariable, variable } from './environment.ts'
import { invalidArgument, PingerchipsError, typeName } from './errors.ts'
import { assertChannel, assertNotEncrypted, assertSocketId, channelKind } from './names.ts'
import { assertOptions } from './options.ts'
import { type ChannelAuth, type Member, memberText, signChannel } from './sign/channel.ts'
import { type Hmac, hmacSha256 } from './sign/hmac.ts'
import { type SigninUser, signUser, type UserAuth, userText } from './sign/user.ts'
import { assertTimeout } from './timeout.ts'
import { parseBaseUrl } from './trigger/base-url.ts'
import { chooseProtocol, makeProtocol } from './trigger/choose-protocol.ts'
import { assertCoalescing, type Coalescing } from './trigger/coalescer.ts'
import { type BatchEvent, outgoingBatch, outgoingEvent } from './trigger/event.ts'
import type { ProtocolName, WireProtocol } from './trigger/protocol.ts'
import { assertRetries, assertRetryMode, type RetryMode } from './trigger/retry.ts'
import { EventSender } from './trigger/sender.ts'
import { type Patience, Service } from './trigger/service.ts'
import { assertTriggerOptions, patienceOf, type TriggerOptions } from './trigger/trigger-options.ts'

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
   * API, the only one that can leave a connection out (`socketId`) and that reaches several channels in one request.
   */
  readonly protocol?: ProtocolName | undefined
  /** Milliseconds that one attempt may take, from connecting to the last byte of the answer. Default: 10000. */
  readonly timeout?: number | undefined
  /** Milliseconds that a trigger may take in all: attempts and the waits between them. Default: 20000. */
  readonly deadline?: number | undefined
  /**
   * How many times a failed trigger is sent again, 0 to 10: after a connection that was refused, a 429, 502, 503 or 504;
   * waiting longer each time, and at least as long as the service asks for. During an outage the client soon stops: it
   * has 50 retries in all, and one more for every ten successes. Default: 2.
   */
  readonly retries?: number | undefined
  /**
   * `'at-least-once'`: also after a connection that broke or a time-out, when the event may have been sent on, and
   * arrives twice. Default: `'at-most-once'`.
   */
  readonly retry?: RetryMode | undefined
  /** Has single-channel triggers of the same moment share a request. `pusher` protocol only. Default: each its own. */
  readonly batch?: Coalescing | undefined
  /** Permits plain http to another machine, where anyone on the way can read events and tokens. Default: false. */
  readonly allowHttp?: boolean | undefined
  /** Client certificates are not supported yet; anything but `undefined` is refused. */
  readonly mtls?: undefined
}

const optionNames: Record<keyof PingerchipsServerOptions, true> = {
  appKey: true,
  endpoint: true,
  token: true,
  protocol: true,
  timeout: true,
  deadline: true,
  retries: true,
  retry: true,
  batch: true,
  allowHttp: true,
  mtls: true,
}
const defaultEndpoint = 'https://queue.pingerchips.com'
const defaultTimeout = 10_000
const defaultDeadline = 20_000
const defaultRetries = 2

/** One app's client: it signs what browsers ask for and triggers events. Make one and keep it. */
export class PingerchipsServer {
  readonly #hmac: Hmac
  readonly #appKey: string | undefined
  readonly #patience: Patience
  readonly #protocol: WireProtocol
  readonly #sender: EventSender

  /**
   * @param appId the app's id, 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot
   * @param appSecret the app's secret, not empty. Kept as the two padded keys of HMAC alone
   * @param options at least an `appKey` (to sign) or a `token` (to trigger)
   * @throws {TypeError} naming the argument or the option that is missing, malformed or unknown, never its value
   */
  constructor(appId: string, appSecret: string, options: PingerchipsServerOptions = {}) {
    assertIdentifier(appId, 'appId')
    assertSecret(appSecret, 'appSecret')
    assertOptions(options, 'options', optionNames)
    if (options.mtls !== undefined) throw invalidArgument('options.mtls', 'is not supported yet')
    const { appKey, endpoint = defaultEndpoint, token, protocol, batch, allowHttp = false } = options
    const { timeout = defaultTimeout, deadline = defaultDeadline } = options
    const { retries = defaultRetries, retry = 'at-most-once' } = options
    if (appKey !== undefined) assertIdentifier(appKey, 'options.appKey')
    if (token !== undefined) assertToken(token, 'options.token')
    assertTimeout(timeout, 'options.timeout')
    assertTimeout(deadline, 'options.deadline')
    assertRetries(retries, 'options.retries')
    assertRetryMode(retry, 'options.retry')
    if (batch !== undefined) assertCoalescing(batch, 'options.batch')
    if (typeof allowHttp !== 'boolean')
      throw invalidArgument('options.allowHttp', `must be true or false (got ${typeName(allowHttp)})`)

    const name = chooseProtocol(protocol, appKey, token)
    const { origin, path } = parseBaseUrl(endpoint, name, allowHttp)
    this.#hmac = hmacSha256(appSecret)
    this.#appKey = appKey
    this.#patience = { timeout, deadline, retries, retry, signal: undefined }
    this.#protocol = makeProtocol(name, { appId, appKey, token, hmac: this.#hmac, path })
    if (batch !== undefined && this.#protocol.batch === undefined)
      throw invalidArgument('options.batch', `needs protocol: 'pusher'; the ${name} protocol has no batches`)
    this.#sender = new EventSender(this.#protocol, new Service(origin), batch)
  }

  /**
   * A client from environment variables: `PINGERCHIPS_APP_ID` and `PINGERCHIPS_APP_SECRET`, at least one of
   * `PINGERCHIPS_APP_KEY` and `PINGERCHIPS_API_TOKEN`, and `PINGERCHIPS_ENDPOINT` for another endpoint than the default.
   *
   * @param options what else the client needs; an option given here goes before the environment
   * @param env where to look. Default: `process.env`. On Workers, pass the `env` of the request
   * @throws {TypeError} naming the variable that is missing or empty
   */
  static fromEnv(
    options: PingerchipsServerOptions = {},
    env: Environment = globalThis.process?.env ?? {},
  ): PingerchipsServer {
    const appId = requiredVariable(env, 'PINGERCHIPS_APP_ID')
    const appSecret = requiredVariable(env, 'PINGERCHIPS_APP_SECRET')
    const appKey = options.appKey ?? variable(env, 'PINGERCHIPS_APP_KEY')
    const token = options.token ?? variable(env, 'PINGERCHIPS_API_TOKEN')
    const endpoint = options.endpoint ?? variable(env, 'PINGERCHIPS_ENDPOINT')
    if ((appKey ?? token) === undefined)
      throw missingVariable('PINGERCHIPS_APP_KEY (to sign and trigger) or PINGERCHIPS_API_TOKEN (to trigger alone)')
    return new PingerchipsServer(appId, appSecret, { ...options, appKey, token, endpoint })
  }

  /**
   * Signs a connection's admission to a channel. Synchronous. Whether the user may join is decided before this is
   * called: whoever gets this answer is in.
   *
   * @param socketId the connection, as its client library sent it
   * @param channel a `private-` or `presence-` name: 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;
   * @param userData who joins. Required for `presence-`. Optional for `private-`: then it is signed as `user_data`, which
   * `pingerchips-js` passes on and `pusher-js` does not
   * @returns what the client library waits for; send it as JSON with status 200
   * @throws {TypeError} for a malformed argument, before anything is signed
   * @throws {PingerchipsError} `app_key_missing` if the client was made without an app key
   */
  authenticate(socketId: string, channel: string, userData?: Member): ChannelAuth {
    const appKey = this.#appKeyFor('authenticate')
    assertSocketId(socketId, 'socketId')
    assertChannel(channel, 'channel')
    assertNotEncrypted(channel, 'channel')
    const kind = channelKind(channel)
    if (kind !== 'private' && kind !== 'presence')
      throw invalidArgument('channel', 'must be private- or presence- and a name; only these are signed')
    if (kind === 'presence' && (userData === undefined || userData === null))
      throw invalidArgument(
        'userData',
        `must be { user_id, user_info? } for a presence channel (got ${typeName(userData)})`,
      )
    const text = userData === undefined || userData === null ? undefined : memberText(userData, 'userData')
    return signChannel(this.#hmac, appKey, socketId, channel, text, kind === 'presence')
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
   * @param channel one name or several: each 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;
   * @param event its name, 1 to 200 characters
   * @param data any JSON, at most 64 KB as UTF-8. Subscribers get the same value, a string included
   * @throws {TypeError} (as a rejection) for a malformed argument, before anything is sent
   * @throws {PingerchipsError} (as a rejection) if the service refused it or did not answer; `code` says which
   */
  async trigger(
    channel: string | readonly string[],
    event: string,
    data: unknown,
    options: TriggerOptions = {},
  ): Promise<void> {
    assertTriggerOptions(options)
    const patience = patienceOf(options, this.#patience)
    const outgoing = outgoingEvent(this.#protocol, channel, event, data, options.socketId)
    await this.#sender.send(outgoing, patience, patience === this.#patience)
  }

  /**
   * Sends several events, ten to a request over the `pusher` protocol, else one, 16 requests at a time.
   *
   * @returns each event's result, in the order of the events: a failed one's `reason` is a {@link PingerchipsError}
   * @throws {TypeError} (as a rejection) for a malformed event, naming it: `events[3].channel`. Then none was sent
   */
  async triggerBatch(
    events: readonly BatchEvent[],
    options: Omit<TriggerOptions, 'socketId'> = {},
  ): Promise<PromiseSettledResult<void>[]> {
    assertTriggerOptions(options)
    return this.#sender.sendBatch(outgoingBatch(this.#protocol, events), patienceOf(options, this.#patience))
  }

  /**
   * Waits for the events in flight and closes the kept connections. Afterwards a trigger is refused; signing goes on.
   * A client that is never closed does not keep the process alive. Calling it again waits for the same end.
   */
  close(): Promise<void> {
    return this.#sender.close()
  }
}
