import { localReporter } from '#diagnostics'
import { receiveWebhook } from '#features'
import { loadNetwork } from '#network'
import { type Hmac, hmacSha256 } from '#primitives'
import {
  assertCredentials,
  type ClientSettings,
  clientOptionNames,
  type PingerchipsServerOptions,
  resolveClientOptions,
} from './client-options.ts'
import {
  type Configuration,
  configurationFromEnv,
  configurationFromUrl,
  disabledConfiguration,
  type Environment,
  isSameConfiguration,
} from './environment.ts'
import { describeType, invalidArgument, PingerchipsError } from './errors.ts'
import { HookDispatcher, observers } from './hooks/hooks.ts'
import { assertChannel, assertOptions, assertSocketId, channelKind } from './internal/validate.ts'
import { Publisher } from './publisher.ts'
import { refusePusherNames } from './pusher-names.ts'
import { type ChannelAuth, type Member, memberText, signChannel } from './signing/channel.ts'
import { rateLimitKeyHash, rateLimitKeyHashes } from './signing/rate-limit-key.ts'
import { type SigninUser, signUser, type UserAuth, userText } from './signing/user.ts'
import type { WebhookOptions } from './webhooks/options.ts'
import type { WebhookResult } from './webhooks/result.ts'
import type { WebhookInput } from './webhooks/verify.ts'

/**
 * Client of one app: signs authorizations, triggers events and verifies webhooks. Make one for each app and keep it.
 *
 * Mistakes of your own code are exceptions: a `TypeError` for an argument, a {@link PingerchipsError} for the rest. What a
 * remote party got wrong is a result: {@link PingerchipsServer.webhook} never throws for what its sender did.
 */
export class PingerchipsServer extends Publisher {
  static {
    refusePusherNames(PingerchipsServer)
  }

  readonly #hmac: Hmac
  readonly #settings: ClientSettings

  /**
   * @param appId the app's id: 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot
   * @param appSecret the app's secret, not empty. It is never part of an error or a log
   * @param options at least an `appKey` (to sign and trigger) or a `token` (only to trigger)
   * @throws {TypeError} naming the argument or the option that is missing, malformed or unknown, never its value
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = new PingerchipsServer('APP_ID', process.env.PINGERCHIPS_APP_SECRET ?? '', { appKey: 'APP_KEY' })
   * ```
   */
  constructor(appId: string, appSecret: string, options: PingerchipsServerOptions = {}) {
    assertCredentials(appId, appSecret)
    const settings = resolveClientOptions(options)
    const hmac = hmacSha256(appSecret)
    const { tls } = settings.connection
    const reporter = localReporter({ ...settings, hmac, tls, secrets: [appSecret, settings.token] })
    const hooks = new HookDispatcher(settings.hooks, reporter)
    super(settings, () =>
      loadNetwork({
        ...settings,
        ...settings.connection,
        protocol: settings.protocol.name,
        features: settings.protocol,
        appId,
        appSecret,
        hmac,
        hooks,
      }),
    )
    this.#settings = settings
    this.#hmac = hmac
    observers.set(this, hooks)
    rateLimitKeyHashes.set(this, rateLimitKeyHash(hmac))
  }

  /**
   * Makes a client from environment variables. Calls with the same `env` object, the same values in it and equal options
   * return the same client, until it is closed. Options are compared by value, functions by identity: define hooks once,
   * outside of the request handler.
   *
   * | variable | meaning |
   * | --- | --- |
   * | `PINGERCHIPS_APP_ID`, `PINGERCHIPS_APP_SECRET` | required |
   * | `PINGERCHIPS_APP_KEY`, `PINGERCHIPS_API_TOKEN` | at least one of them |
   * | `PINGERCHIPS_URL` | app key, app secret, endpoint and app id in one, as {@link PingerchipsServer.fromURL} reads them |
   * | `PINGERCHIPS_ENDPOINT`, `PINGERCHIPS_PROTOCOL`, `PINGERCHIPS_ENCRYPTION_MASTER_KEY` | the options of these names |
   * | `PINGERCHIPS_ALLOW_HTTP` | `true`: the option `allowHttp` |
   *
   * @param env the variables. Default: `process.env`. On Workers, pass the `env` of the request
   * @param options further options; they take precedence over the variables
   * @throws {TypeError} naming the variable that is missing, or the variable or option that is malformed
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv()
   * const ofWorker = (env: Record<string, unknown>) => PingerchipsServer.fromEnv(env, { timeout: 5000 })
   * ```
   */
  static fromEnv(
    env: Environment = globalThis.process?.env ?? {},
    options: PingerchipsServerOptions = {},
  ): PingerchipsServer {
    assertOptions(options, 'options', clientOptionNames)
    const configuration = configurationFromEnv(env, options)
    const made = (clientsByEnv.get(env) ?? []).filter(({ client }) => !client.isClosed)
    const same = made.find((each) => isSameConfiguration(each.configuration, configuration))
    const client = same?.client ?? fromConfiguration(configuration)
    const others = made.filter((each) => each !== same)
    clientsByEnv.set(env, [{ configuration, client }, ...others].slice(0, maxClientsPerEnv))
    return client
  }

  /**
   * Makes a client from a URL: `https://APP_KEY:APP_SECRET@HOST/apps/APP_ID`, with an optional path before `/apps` and an
   * optional `?protocol=pusher`. Characters other than letters, digits and `- . _ ~` in the key or the secret are
   * percent-encoded.
   *
   * @param options further options; they take precedence over the URL
   * @throws {TypeError} naming the part that is missing or malformed, never its value
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromURL('http://key:secret@127.0.0.1:6001/apps/1?protocol=pusher')
   * ```
   */
  static fromURL(url: string | URL, options: PingerchipsServerOptions = {}): PingerchipsServer {
    assertOptions(options, 'options', clientOptionNames)
    return fromConfiguration(configurationFromUrl(url, 'url', options))
  }

  /**
   * Makes a client without credentials, for machines that have none and for tests. Arguments are checked as always. Triggers
   * resolve, call the hooks and are published on the diagnostics channels, but nothing is sent. Queries return no channels
   * and no members. Signing and verifying throw `disabled`, and the auth endpoint responds with a 503.
   *
   * @param options further options, such as `hooks`
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = process.env.PINGERCHIPS_APP_ID ? PingerchipsServer.fromEnv() : PingerchipsServer.disabled()
   * ```
   */
  static disabled(options: Pick<PingerchipsServerOptions, 'hooks' | 'onBackgroundError'> = {}): PingerchipsServer {
    assertOptions(options, 'options', { hooks: true, onBackgroundError: true })
    return fromConfiguration(disabledConfiguration(options))
  }

  /**
   * Signs the authorization of one connection for one channel. Synchronous. It does not decide: the client that receives the result
   * can subscribe, so check the user's rights first.
   *
   * @param socketId the connection's id, as its client sent it
   * @param channel a `private-`, `private-encrypted-` or `presence-` name: 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;
   * @param userData the member. Required for `presence-`, optional for `private-`, refused for `private-encrypted-`, which
   * has no members. For `private-` the same text is in `channel_data` and `user_data`: pusher-js forwards only the first,
   * pingerchips-js only the second
   * @returns the response for the client: send it as JSON with status 200
   * @throws {TypeError} for a malformed argument, before anything is signed
   * @throws {PingerchipsError} `app_key_missing` if the client has no app key; `encryption_key_missing` for an encrypted
   * channel if it has no `encryptionMasterKey`; `disabled`
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv()
   * const auth = client.authenticate('1234.5678', 'presence-room-1', { user_id: '42', user_info: { name: 'Ada' } })
   * ```
   */
  authenticate(socketId: string, channel: string, userData?: Member): ChannelAuth {
    const appKey = this.#appKeyFor('authenticate()')
    assertSocketId(socketId, 'socketId')
    assertChannel(channel, 'channel')
    const kind = channelKind(channel)
    if (kind === undefined || kind === 'public')
      throw invalidArgument('channel', 'must begin with private- or presence-, followed by a name')
    const isPresence = kind === 'presence'
    if (isPresence && (userData === undefined || userData === null))
      throw invalidArgument(
        'userData',
        `must be { user_id, user_info? } for a presence channel (received ${describeType(userData)})`,
      )
    const text = userData === undefined || userData === null ? undefined : memberText(userData, 'userData')
    if (kind !== 'encrypted') return signChannel(this.#hmac, appKey, socketId, channel, text, isPresence)
    if (text !== undefined)
      throw invalidArgument('userData', 'must be left out for an encrypted channel, which has no members')
    const shared_secret = this.#settings.channelKeys.sharedSecret(channel, 'authenticate()')
    return { ...signChannel(this.#hmac, appKey, socketId, channel, undefined, isPresence), shared_secret }
  }

  /**
   * Signs the sign-in of one connection (`pusher.signin()`). Synchronous. The client that receives the result is that user to the
   * service and receives the user's events, so check who the user is first.
   *
   * @param socketId the connection's id, as its client sent it
   * @param userData the user
   * @returns the response for the client: send it as JSON with status 200
   * @throws {TypeError} for a malformed argument, before anything is signed
   * @throws {PingerchipsError} `app_key_missing` if the client has no app key; `disabled`
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const auth = PingerchipsServer.fromEnv().authenticateUser('1234.5678', { id: '42' })
   * ```
   */
  authenticateUser(socketId: string, userData: SigninUser): UserAuth {
    const appKey = this.#appKeyFor('authenticateUser()')
    assertSocketId(socketId, 'socketId')
    return signUser(this.#hmac, appKey, socketId, userText(userData, 'userData'))
  }

  /**
   * Verifies and parses a webhook: signature, timestamp and replay. Invalid webhooks never throw; they return
   * `{ ok: false, code, status }`.
   *
   * A verified webhook counts as received. If you cannot handle it, call its `release()` before you respond with an error,
   * so that the service can deliver it again. The endpoint's option `webhooks` does this for you, and it also keeps a
   * webhook from being handled twice at once.
   *
   * @param input the request's headers and its raw body
   * @throws {TypeError} (as a rejection) for a malformed option, and for a `rawBody` that is neither bytes nor text
   * @throws {PingerchipsError} (as a rejection) `app_key_missing` if the client has no app key; `callback_timeout` if a store
   * of your own does not respond within 10 s; `disabled`. Errors of the store are passed on
   * @example
   * ```ts
   * import { PingerchipsServer } from '@pingerchips/core'
   *
   * const client = PingerchipsServer.fromEnv()
   * export async function POST(request: Request): Promise<Response> {
   *   const webhook = await client.webhook({ headers: request.headers, rawBody: await request.arrayBuffer() })
   *   if (webhook.ok) for (const event of webhook.events) console.log(event.name)
   *   return new Response(null, { status: webhook.ok ? 200 : webhook.status })
   * }
   * ```
   */
  async webhook(input: WebhookInput, options: WebhookOptions = {}): Promise<WebhookResult> {
    const own = { key: this.#appKeyFor('webhook()'), hmac: this.#hmac }
    return receiveWebhook(input, options, own, this)
  }

  #appKeyFor(method: string): string {
    if (this.#settings.transport !== undefined)
      throw new PingerchipsError('disabled', `${method} needs credentials; this client was made by disabled().`)
    if (this.#settings.appKey !== undefined) return this.#settings.appKey
    throw new PingerchipsError(
      'app_key_missing',
      `${method} needs the app key. Pass options.appKey or set PINGERCHIPS_APP_KEY.`,
    )
  }
}

function fromConfiguration({ appId, appSecret, options }: Configuration): PingerchipsServer {
  return new PingerchipsServer(appId, appSecret, options)
}

interface MadeClient {
  readonly configuration: Configuration
  readonly client: PingerchipsServer
}

/** Clients of {@link PingerchipsServer.fromEnv}, the last one used first. */
const clientsByEnv = new WeakMap<object, readonly MadeClient[]>()

/** Bounds what an app keeps that passes new functions with each call. */
const maxClientsPerEnv = 16
