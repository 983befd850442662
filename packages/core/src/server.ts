import { invalidArgument, PingerchipsError, typeName } from './errors.ts'
import { assertChannel, assertSocketId, channelKind } from './names.ts'
import { assertOptions } from './options.ts'
import { assertTimeout, withDeadline } from './send/deadline.ts'
import type { Transport } from './send/transport.ts'
import { type ChannelAuth, type Member, memberText, signChannel } from './sign/channel.ts'
import { type Hmac, hmacSha256 } from './sign/hmac.ts'
import { type BaseUrl, parseBaseUrl } from './trigger/base-url.ts'
import { outgoingEvent } from './trigger/event.ts'
import { answerFailure, requestFailure } from './trigger/failure.ts'
import type { OutgoingEvent, ProtocolName, WireProtocol } from './trigger/protocol.ts'
import { pusherProtocol } from './trigger/pusher.ts'
import { signedProtocol } from './trigger/signed.ts'
import { tokenProtocol } from './trigger/token.ts'

export interface PingerchipsServerOptions {
  /** The app's public key, 1 to 200 characters of A-Z a-z 0-9 . _ -. Signing needs it: without one the client can only trigger, over the token protocol. */
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
  /** Milliseconds that a trigger may take, from connecting to the last byte of the answer. Default: 10000. */
  readonly timeout?: number | undefined
  /** Permits plain http to another machine, where anyone on the way can read events and tokens. Default: false. */
  readonly allowHttp?: boolean | undefined
  /** Client certificates are not supported yet; anything but `undefined` is refused. */
  readonly mtls?: undefined
}

export interface TriggerOptions {
  /** The socket id of a connection that does not get the event, usually the one that caused it. `pusher` protocol only. */
  readonly socketId?: string | undefined
  /** Gives the trigger up. The event may have been sent by then. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for this trigger, instead of the client's `timeout`. */
  readonly timeout?: number | undefined
}

const optionNames = ['appKey', 'endpoint', 'token', 'protocol', 'timeout', 'allowHttp', 'mtls']
const triggerOptionNames = ['socketId', 'signal', 'timeout']
const defaultEndpoint = 'https://queue.pingerchips.com'
const defaultTimeout = 10_000
const maxAnswerBytes = 64 * 1024

/** One app's client: it signs what browsers ask for and triggers events. Make one and keep it. */
export class PingerchipsServer {
  readonly #hmac: Hmac
  readonly #appKey: string | undefined
  readonly #timeout: number
  readonly #baseUrl: BaseUrl
  readonly #protocol: WireProtocol
  #transport: Promise<Transport> | undefined
  #closed: Promise<void> | undefined

  /**
   * @param appId the app's id, 1 to 200 characters of A-Z a-z 0-9 . _ -
   * @param appSecret the app's secret, not empty. Kept as the two padded keys of HMAC alone
   * @param options at least an `appKey` (to sign) or a `token` (to trigger)
   * @throws {TypeError} naming the argument or the option that is missing, malformed or unknown, never its value
   */
  constructor(appId: string, appSecret: string, options: PingerchipsServerOptions = {}) {
    assertIdentifier(appId, 'appId')
    if (typeof appSecret !== 'string' || appSecret.length === 0)
      throw invalidArgument('appSecret', `must be a non-empty string (got ${typeName(appSecret)})`)
    assertOptions(options, 'options', optionNames)
    if (options.mtls !== undefined) throw invalidArgument('options.mtls', 'is not supported yet')
    const { appKey, endpoint = defaultEndpoint, token, protocol, timeout = defaultTimeout, allowHttp = false } = options
    if (appKey !== undefined) assertIdentifier(appKey, 'options.appKey')
    if (token !== undefined) assertToken(token)
    assertTimeout(timeout, 'options.timeout')
    if (typeof allowHttp !== 'boolean')
      throw invalidArgument('options.allowHttp', `must be true or false (got ${typeName(allowHttp)})`)

    const name = protocolName(protocol, appKey, token)
    this.#hmac = hmacSha256(appSecret)
    this.#appKey = appKey
    this.#timeout = timeout
    this.#baseUrl = parseBaseUrl(endpoint, name, allowHttp)
    this.#protocol = protocols[name]({ appId, appKey, token, hmac: this.#hmac, path: this.#baseUrl.path })
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
    env: Readonly<Record<string, unknown>> = globalThis.process?.env ?? {},
  ): PingerchipsServer {
    const appId = fromEnv(env, 'PINGERCHIPS_APP_ID')
    const appSecret = fromEnv(env, 'PINGERCHIPS_APP_SECRET')
    const appKey = options.appKey ?? fromEnv(env, 'PINGERCHIPS_APP_KEY')
    const token = options.token ?? fromEnv(env, 'PINGERCHIPS_API_TOKEN')
    const endpoint = options.endpoint ?? fromEnv(env, 'PINGERCHIPS_ENDPOINT')
    if (appId === undefined) throw missingVariable('PINGERCHIPS_APP_ID')
    if (appSecret === undefined) throw missingVariable('PINGERCHIPS_APP_SECRET')
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
    if (this.#appKey === undefined)
      throw new PingerchipsError(
        'app_key_missing',
        'authenticate needs the app key, which this client was made without: pass options.appKey or set PINGERCHIPS_APP_KEY.',
      )
    assertSocketId(socketId, 'socketId')
    assertChannel(channel, 'channel')
    const kind = channelKind(channel)
    if (kind === 'encrypted')
      throw invalidArgument(
        'channel',
        'must not be a private-encrypted- channel: encrypted channels are not supported yet',
      )
    if (kind !== 'private' && kind !== 'presence')
      throw invalidArgument('channel', 'must be private- or presence- and a name; only these are signed')
    if (kind === 'presence' && (userData === undefined || userData === null))
      throw invalidArgument(
        'userData',
        `must be { user_id, user_info? } for a presence channel (got ${typeName(userData)})`,
      )
    const text = userData === undefined || userData === null ? undefined : memberText(userData, 'userData')
    return signChannel(this.#hmac, this.#appKey, socketId, channel, text, kind === 'presence')
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
    assertOptions(options, 'options', triggerOptionNames)
    const { socketId, signal, timeout = this.#timeout } = options
    assertTimeout(timeout, 'options.timeout')
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw invalidArgument('options.signal', `must be an AbortSignal (got ${typeName(signal)})`)
    const outgoing = outgoingEvent(this.#protocol, channel, event, data, socketId)
    const { channelsPerRequest } = this.#protocol
    const requests: OutgoingEvent[] = []
    for (let from = 0; from < outgoing.channels.length; from += channelsPerRequest)
      requests.push({ ...outgoing, channels: outgoing.channels.slice(from, from + channelsPerRequest) })

    const results = await Promise.allSettled(requests.map((request) => this.#send(request, timeout, signal)))
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    if (failures.length === 1 && requests.length === 1) throw failures[0]
    if (failures.length > 0) throw failureOfSome(failures, requests.length)
  }

  /**
   * Waits for the events in flight and closes the kept connections. Afterwards a trigger is refused; signing goes on.
   * A client that is never closed does not keep the process alive. Calling it again waits for the same end.
   */
  close(): Promise<void> {
    this.#closed ??= Promise.resolve(this.#transport).then((transport) => transport?.close())
    return this.#closed
  }

  /** Loaded with the first event: a server that only signs needs no HTTP client. */
  #connect(): Promise<Transport> {
    this.#transport ??= import('#transport').then(({ createTransport }) => createTransport())
    this.#transport.catch(() => {
      this.#transport = undefined
    })
    return this.#transport
  }

  async #send(event: OutgoingEvent, timeout: number, signal: AbortSignal | undefined): Promise<void> {
    const { origin } = this.#baseUrl
    if (this.#closed) throw new PingerchipsError('closed', 'Trigger failed: the client is closed.', event)
    const transport = await this.#connect()
    try {
      const answer = await withDeadline(timeout, signal, (deadline) => {
        const { path, headers, body } = this.#protocol.request(event, Math.floor(Date.now() / 1000))
        return transport.request({
          method: 'POST',
          url: new URL(origin + path),
          headers,
          body,
          maxAnswerBytes,
          signal: deadline,
        })
      })
      if (answer.status < 200 || answer.status > 299) throw answerFailure(answer, event.channels)
    } catch (error) {
      if (signal?.aborted)
        throw new PingerchipsError('aborted', 'Trigger failed: its signal was aborted.', { channels: event.channels })
      throw requestFailure(error, origin, event.channels)
    }
  }
}

interface ProtocolParts {
  readonly appId: string
  readonly appKey: string | undefined
  readonly token: string | undefined
  readonly hmac: Hmac
  readonly path: string
}

const protocols: Readonly<Record<ProtocolName, (parts: ProtocolParts) => WireProtocol>> = {
  signed: ({ appKey, token, hmac, path }) => signedProtocol(path, required(appKey, 'appKey', 'signed'), hmac, token),
  token: ({ appId, token, path }) => tokenProtocol(path, appId, required(token, 'token', 'token')),
  pusher: ({ appId, appKey, hmac, path }) => pusherProtocol(path, appId, required(appKey, 'appKey', 'pusher'), hmac),
}

function required(value: string | undefined, option: string, protocol: ProtocolName): string {
  if (value === undefined) throw invalidArgument(`options.${option}`, `is missing; the ${protocol} protocol needs it`)
  return value
}

function protocolName(chosen: unknown, appKey: string | undefined, token: string | undefined): ProtocolName {
  if (chosen !== undefined) {
    if (typeof chosen !== 'string' || !Object.hasOwn(protocols, chosen))
      throw invalidArgument('options.protocol', `must be one of ${Object.keys(protocols).join(', ')}`)
    return chosen as ProtocolName
  }
  if (appKey !== undefined) return 'signed'
  if (token !== undefined) return 'token'
  throw invalidArgument('options', 'must hold an appKey (to sign and trigger) or a token (to trigger alone)')
}

/** Ids and keys stand in paths, queries and signed strings, where nothing escapes them. */
function assertIdentifier(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(value))
    throw invalidArgument(
      argument,
      `must be a string of 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot (got ${typeof value === 'string' && value !== '' ? 'other characters or another length' : typeName(value)})`,
    )
}

/** A token is sent as a header: printable ASCII alone, or a line end in it would begin another header. */
function assertToken(value: unknown): asserts value is string {
  if (typeof value !== 'string' || !/^[!-~]{1,4096}$/.test(value))
    throw invalidArgument(
      'options.token',
      `must be a string of 1 to 4096 printable ASCII characters without spaces (got ${typeof value === 'string' && value !== '' ? 'other characters or another length' : typeName(value)})`,
    )
}

function failureOfSome(failures: readonly unknown[], requests: number): unknown {
  const first = failures[0]
  if (!(first instanceof PingerchipsError)) return first
  const channels = failures.flatMap((failure) => (failure instanceof PingerchipsError ? failure.channels : []))
  return new PingerchipsError(first.code, `${failures.length} of ${requests} channels: ${first.message}`, {
    ...(first.status !== undefined && { status: first.status }),
    channels,
    cause: new AggregateError(failures, 'Each channel that failed'),
  })
}

function fromEnv(env: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = env[name]
  return typeof value === 'string' && value.length > 0 ? value : undefined
}

function missingVariable(name: string): TypeError {
  return invalidArgument(name, 'is missing or empty in the environment')
}
