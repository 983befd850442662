import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { isOrigin } from './http/origin-guard.ts'
import { type App, defaultApp } from './protocol/credentials.ts'
import { resolveTarget, type WebhookTarget } from './webhooks/target.ts'

/** Options of `startLocal`. */
export interface LocalOptions {
  /** TCP port, 0 to 65535. Default: 0, and the system picks a free one, which is in `url` and `port`. */
  readonly port?: number
  /**
   * IP address to listen on. Off loopback, such as `0.0.0.0`, everyone in the network can connect, and the console needs a
   * token. Default: `127.0.0.1`.
   */
  readonly host?: string
  /** Certificate chain and private key, in PEM: the service uses https and wss. Default: none. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array }
  /** The apps to serve: at least one, with unique ids and keys. Default: `[defaultApp]`. */
  readonly apps?: readonly App[]
  /**
   * Browser origins that are allowed besides those of this machine, such as `https://my-app.test`. Scheme, host and port
   * must match. The text `null` allows pages that were opened from a file. Default: none.
   */
  readonly origins?: readonly string[]
  /** The clock, in milliseconds since 1970, for time stamps and rates. Default: `Date.now`. */
  readonly now?: () => number
  /** Backend events per second and app, an integer of at least 1. Over it: 429. Default: 1000. */
  readonly eventsPerSecond?: number
  /** Seconds of silence after which a client is pinged. Above 0, at most 2147483. Default: 120. */
  readonly activityTimeout?: number
  /** Seconds within which a pinged client must reply, or it is closed with 4201. Above 0, at most 2147483. Default: 30. */
  readonly pongTimeout?: number
  /** Seconds within which a client must sign in, or it is closed with 4009. At most 2147483. Default: 0, no limit. */
  readonly signInTimeout?: number
  /**
   * Whether subscribers receive `pusher_internal:subscription_count`, except on presence channels. Over 100 subscribers
   * at most every 5 seconds. Default: false, as for a new app of the hosted services.
   */
  readonly subscriptionCount?: boolean
  /** Whether clients may send client events. Default: true. */
  readonly clientEvents?: boolean
  /**
   * Whether clients may send client events on public channels, as Pingerchips documents. A Pusher cluster refuses them.
   * Default: true.
   */
  readonly publicClientEvents?: boolean
  /** Client events per second and connection, an integer of at least 1. Over it: `pusher:error` 4301. Default: 10. */
  readonly clientEventsPerSecond?: number
  /** Connections of each app, an integer of at least 1 or `Infinity`. Over it: closed with 4004. Default: `Infinity`. */
  readonly connectionLimit?: number
  /** Members of each presence channel, an integer of at least 1. Over it: `pusher:subscription_error`. Default: 100. */
  readonly memberLimit?: number
  /** Where webhooks are sent: a URL, or a target with filters. Each is signed by its app. Default: nowhere. */
  readonly webhooks?: string | WebhookTarget
}

/** Options with their defaults. */
export interface Settings extends Required<Omit<LocalOptions, 'webhooks' | 'tls'>> {
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  readonly webhooks: Required<WebhookTarget> | undefined
}

const defaults: Settings = {
  port: 0,
  apps: [defaultApp],
  origins: [],
  now: Date.now,
  eventsPerSecond: 1000,
  activityTimeout: 120,
  pongTimeout: 30,
  signInTimeout: 0,
  subscriptionCount: false,
  clientEvents: true,
  publicClientEvents: true,
  clientEventsPerSecond: 10,
  connectionLimit: Number.POSITIVE_INFINITY,
  memberLimit: 100,
  webhooks: undefined,
  host: '127.0.0.1',
  tls: undefined,
}

// A timer of more than 2^31 - 1 ms fires at once.
const longestTimeout = 2_147_483

const idPattern = /^[A-Za-z0-9._~-]+$/
const tokenPattern = /^[\x21-\x7e]+$/

/** Validates options and adds the defaults. @throws {TypeError} for the first option that is unknown or out of its limits */
export function resolveOptions(options: LocalOptions): Settings {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options)
  assert(isObject, 'options', 'must be an object')
  for (const name of Object.keys(options))
    assert(Object.hasOwn(defaults, name), name, `is not an option (expected ${Object.keys(defaults).join(', ')})`)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { webhooks, tls, ...others }: LocalOptions = given
  const settings: Settings = { ...defaults, ...others }
  const { port, apps, origins, now, connectionLimit } = settings
  assertNumber('port', port, Number.isInteger(port) && port >= 0 && port <= 65_535, 'an integer from 0 to 65535')
  assert(typeof now === 'function', 'now', 'must be a function that returns milliseconds')
  for (const name of ['eventsPerSecond', 'clientEventsPerSecond', 'memberLimit'] as const)
    assertNumber(
      name,
      settings[name],
      Number.isInteger(settings[name]) && settings[name] >= 1,
      'an integer of at least 1',
    )
  const isLimit =
    connectionLimit === Number.POSITIVE_INFINITY || (Number.isInteger(connectionLimit) && connectionLimit >= 1)
  assertNumber('connectionLimit', connectionLimit, isLimit, 'an integer of at least 1, or Infinity')
  for (const name of ['activityTimeout', 'pongTimeout'] as const) assertSeconds(settings[name], name)
  if (settings.signInTimeout !== 0) assertSeconds(settings.signInTimeout, 'signInTimeout')
  for (const name of ['subscriptionCount', 'clientEvents', 'publicClientEvents'] as const)
    assert(typeof settings[name] === 'boolean', name, 'must be a boolean')
  assert(Array.isArray(origins), 'origins', 'must be an array')
  for (const [index, origin] of origins.entries())
    assert(
      isOrigin(origin),
      `origins[${index}]`,
      'must be scheme://host or scheme://host:port, without a path, or "null"',
    )
  assert(Array.isArray(apps) && apps.length > 0, 'apps', 'must be an array of at least one app')
  for (const [index, app] of apps.entries()) assertApp(app, `apps[${index}]`)
  assert(new Set(apps.map((app) => app.id)).size === apps.length, 'apps', 'must have unique ids')
  assert(new Set(apps.map((app) => app.key)).size === apps.length, 'apps', 'must have unique keys')
  const target = webhooks === undefined ? undefined : resolveTarget(webhooks)
  if (typeof target === 'string') throw new TypeError(`startLocal: webhooks ${target}.`)
  // isIP converts its argument, which an object may refuse.
  const isAddress = typeof settings.host === 'string' && isIP(settings.host) !== 0
  assert(isAddress, 'host', 'must be an IP address, such as 127.0.0.1 or 0.0.0.0')
  return { ...settings, tls: toTls(tls), webhooks: target, apps: apps.map((app) => Object.freeze({ ...app })) }
}

function toTls(tls: unknown): Settings['tls'] {
  if (tls === undefined) return undefined
  const { cert, key } = (typeof tls === 'object' && tls !== null ? tls : {}) as Record<string, unknown>
  const isPem = (value: unknown) => typeof value === 'string' || value instanceof Uint8Array
  assert(isPem(cert) && isPem(key), 'tls', 'must be { cert, key }, both PEM')
  const toPem = (value: unknown) => (typeof value === 'string' ? value : Buffer.from(value as Uint8Array))
  const pair = { cert: toPem(cert), key: toPem(key) }
  try {
    createSecureContext(pair)
  } catch {
    throw new TypeError('startLocal: tls must be { cert, key } of one certificate, both PEM.')
  }
  return pair
}

/** Numbers of limits may be shown. */
function assertNumber(name: string, value: unknown, isValid: boolean, expected: string): void {
  const received = typeof value === 'number' ? ` (received ${value})` : ''
  assert(isValid, name, `must be ${expected}${received}`)
}

function assertSeconds(value: number, name: string): void {
  const isValid = typeof value === 'number' && value > 0 && value <= longestTimeout
  assertNumber(name, value, isValid, `above 0 and at most ${longestTimeout} seconds`)
}

function assertApp(app: App, name: string): void {
  assert(typeof app === 'object' && app !== null, name, 'must be an object { id, key, secret, token? }')
  const identifier = 'must be letters, digits, ".", "_", "~" or "-"'
  assert(typeof app.id === 'string' && idPattern.test(app.id), `${name}.id`, identifier)
  assert(typeof app.key === 'string' && idPattern.test(app.key), `${name}.key`, identifier)
  assert(typeof app.secret === 'string' && app.secret.length > 0, `${name}.secret`, 'must be a non-empty string')
  assert(
    app.token === undefined || (typeof app.token === 'string' && tokenPattern.test(app.token)),
    `${name}.token`,
    'must be visible ASCII',
  )
}

// Values are not shown, except numbers: they may be secrets, and messages reach logs.
function assert(condition: boolean, option: string, problem: string): asserts condition {
  if (!condition) throw new TypeError(`startLocal: ${option} ${problem}.`)
}
