import { transportFor } from './disabled.ts'
import { describeType, invalidArgument } from './errors.ts'
import { assertHooks, type Hooks } from './hooks/hooks.ts'
import { assertCoalescing, type Coalescing } from './http-api/batcher.ts'
import type { CallPolicy } from './http-api/call-policy.ts'
import {
  chooseProtocol,
  type ProtocolFeatures,
  type ProtocolName,
  parseBaseUrl,
  protocolFeatures,
} from './http-api/protocols/protocol.ts'
import { assertDeliveryMode, assertRetries, type DeliveryMode } from './http-api/retry.ts'
import { reportError } from './internal/notify.ts'
import {
  assertBoolean,
  assertFunction,
  assertIdentifier,
  assertOptions,
  assertSecret,
  assertTimeout,
  assertToken,
} from './internal/validate.ts'
import type { WaitUntil } from './internal/wait-until.ts'
import { ChannelKeys, toMasterKey } from './signing/encrypted-channels.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './transport/options.ts'
import type { Transport, TransportOptions } from './transport/transport.ts'

/** Client options. */
export interface PingerchipsServerOptions extends ConnectionOptions {
  /**
   * The app's public key: 1 to 200 characters of A-Z a-z 0-9 . _ -, not beginning with a dot. Required for signing. A
   * client with a `token` and no app key can only trigger.
   */
  readonly appKey?: string | undefined
  /**
   * Base URL of the HTTP API. It must be https, or http to this machine. A URL without a path gets `/api`, except with
   * `protocol: 'pusher'`. Default: `https://queue.pingerchips.com`.
   */
  readonly endpoint?: string | undefined
  /** API token, sent as the header `token`: 1 to 4096 printable ASCII characters without spaces. Default: none. */
  readonly token?: string | undefined
  /**
   * Protocol of the HTTP API. `pusher` is the Pusher HTTP API: it is required for `socketId`, `info`, several channels in
   * one request, `batch`, encrypted channels, events to a user and queries. Default: `signed` with an app key, else `token`.
   */
  readonly protocol?: ProtocolName | undefined
  /**
   * Milliseconds for one attempt, from connecting to the last byte of the response: 1 to 2147483647. After a timeout the
   * event may have been delivered, and the error's outcome is `unknown`. Default: 10000 ms.
   */
  readonly timeout?: number | undefined
  /** Milliseconds for a whole call, with all attempts and the waits between them: 1 to 2147483647. Default: 20000 ms. */
  readonly deadline?: number | undefined
  /**
   * Number of retries after a refused connection or a 429, 502, 503 or 504: 0 to 10. The delay doubles with each retry,
   * with jitter, and is at least `Retry-After`. After about 50 failures retries stop, until ten successes for each failure
   * have refilled the retry budget. A gateway that sends 502 or 504 after the event was accepted causes a second delivery,
   * with the same `Idempotency-Key`. Default: 2.
   */
  readonly retries?: number | undefined
  /**
   * `'at-least-once'`: retries also after a broken connection or a timeout, when the event may have been delivered; it may
   * then arrive twice. Default: `'at-most-once'`.
   */
  readonly delivery?: DeliveryMode | undefined
  /**
   * Sends single-channel triggers of the same moment in one request. `true`: with the defaults of {@link Coalescing}.
   * Requires `protocol: 'pusher'`. Default: false, one request for each trigger.
   */
  readonly batch?: boolean | Coalescing | undefined
  /**
   * Called with errors that reject no promise of yours: of {@link PingerchipsServer.waitUntil}, and of a rate limit store
   * that failed. Default: `console.error`.
   */
  readonly onBackgroundError?: ((error: unknown) => unknown) | undefined
  /**
   * Keeps the runtime going until a promise has settled: each promise of {@link PingerchipsServer.waitUntil} is passed to
   * it. Default: that of Vercel or Netlify, where the code runs there; an adapter for Hono or h3 adds the framework's.
   */
  readonly waitUntil?: WaitUntil | undefined
  /** Functions that are called with requests, retries, errors and decisions of the auth endpoint, for logs and metrics. */
  readonly hooks?: Hooks | undefined
  /**
   * Master key of the `private-encrypted-` channels: 32 random bytes, or their base64 (`openssl rand -base64 32`). The
   * service cannot read these channels. Anyone who has the key can. Triggers there require `protocol: 'pusher'`.
   */
  readonly encryptionMasterKey?: string | Uint8Array | undefined
  /** Allows http to another machine. Everyone on the network path can then read events and tokens. Default: false. */
  readonly allowHttp?: boolean | undefined
}

export const clientOptionNames: Record<keyof PingerchipsServerOptions, true> = {
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
  waitUntil: true,
  hooks: true,
  encryptionMasterKey: true,
  allowHttp: true,
  mtls: true,
  ca: true,
  dispatcher: true,
  fetch: true,
}
const defaultEndpoint = 'https://queue.pingerchips.com'
const defaultTimeout = 10_000
const defaultDeadline = 20_000
const defaultRetries = 2

/** Validated options with all defaults. */
export interface ClientSettings {
  readonly appKey: string | undefined
  readonly token: string | undefined
  readonly protocol: ProtocolFeatures
  readonly channelKeys: ChannelKeys
  readonly origin: string
  /** Whether the origin is of this machine. */
  readonly isLoopback: boolean
  readonly path: string
  readonly policy: CallPolicy
  readonly batch: Coalescing | undefined
  readonly hooks: Hooks
  readonly onBackgroundError: (error: unknown) => unknown
  readonly waitUntil: WaitUntil | undefined
  readonly connection: TransportOptions
  /** Used instead of the runtime's own. */
  readonly transport: Transport | undefined
}

/** @throws {TypeError} naming the option that is missing, malformed or unknown, never its value */
export function resolveClientOptions(options: PingerchipsServerOptions): ClientSettings {
  assertOptions(options, 'options', clientOptionNames)
  const { appKey, endpoint = defaultEndpoint, token, allowHttp = false } = options
  const { timeout = defaultTimeout, deadline = defaultDeadline } = options
  const { retries = defaultRetries, delivery = 'at-most-once' } = options
  const { hooks = {}, onBackgroundError = reportError, waitUntil } = options
  if (appKey !== undefined) assertIdentifier(appKey, 'options.appKey')
  if (token !== undefined) assertToken(token, 'options.token')
  assertTimeout(timeout, 'options.timeout')
  assertTimeout(deadline, 'options.deadline')
  assertRetries(retries, 'options.retries')
  assertDeliveryMode(delivery, 'options.delivery')
  const batch = options.batch === true ? {} : options.batch === false ? undefined : options.batch
  if (batch !== undefined) assertCoalescing(batch, 'options.batch')
  assertFunction(onBackgroundError, 'options.onBackgroundError')
  if (waitUntil !== undefined) assertFunction(waitUntil, 'options.waitUntil')
  assertHooks(hooks, 'options.hooks')
  assertBoolean(allowHttp, 'options.allowHttp')

  const name = chooseProtocol(options.protocol, appKey, token)
  const { origin, isLoopback, path } = parseBaseUrl(endpoint, name, allowHttp)
  const channelKeys = new ChannelKeys(toMasterKey(options.encryptionMasterKey, 'options.encryptionMasterKey'))
  const protocol = protocolFeatures(name, channelKeys)
  if (batch !== undefined && !protocol.hasBatches)
    throw invalidArgument('options.batch', `requires protocol: 'pusher'; the ${name} protocol has no batches`)
  const connection = resolveConnectionOptions(options, origin)
  const policy = { timeout, deadline, retries, delivery, signal: undefined }
  const transport = transportFor(options)
  return {
    appKey,
    token,
    protocol,
    channelKeys,
    origin,
    isLoopback,
    path,
    policy,
    batch,
    hooks,
    onBackgroundError,
    waitUntil,
    connection,
    transport,
  }
}

/** @throws {TypeError} for anything but an app id and a secret, and in a browser */
export function assertCredentials(appId: unknown, appSecret: unknown): asserts appSecret is string {
  if (typeof appId === 'object' && appId !== null)
    throw invalidArgument(
      'appId',
      `must be a string (received ${describeType(appId)}). Unlike pusher's constructor, this one has three parameters: new PingerchipsServer('APP_ID', 'APP_SECRET', { appKey: 'APP_KEY' })`,
    )
  assertIdentifier(appId, 'appId')
  assertSecret(appSecret, 'appSecret')
  // A process has versions.node in Node, Bun and Deno, and in Jest's and Electron's pages too.
  if ('document' in globalThis && globalThis.process?.versions?.node === undefined)
    throw invalidArgument('PingerchipsServer', 'must run on the server: the app secret must not reach a browser')
}
