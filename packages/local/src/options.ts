import { isOrigin } from './http/origin-guard.ts'
import { type App, defaultApp } from './protocol/credentials.ts'

/** Options of `startLocal`. There is no host: the service binds only 127.0.0.1. */
export interface LocalOptions {
  /** TCP port, 0 to 65535. Default: 0, and the system picks a free one, which is in `url` and `port`. */
  readonly port?: number
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
}

export type Settings = Required<LocalOptions>

const defaults: Settings = {
  port: 0,
  apps: [defaultApp],
  origins: [],
  now: Date.now,
  eventsPerSecond: 1000,
  activityTimeout: 120,
  pongTimeout: 30,
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
  const settings: Settings = { ...defaults, ...given }
  const { port, apps, origins, now, eventsPerSecond, activityTimeout, pongTimeout } = settings
  assert(Number.isInteger(port) && port >= 0 && port <= 65_535, 'port', 'must be an integer from 0 to 65535')
  assert(typeof now === 'function', 'now', 'must be a function that returns milliseconds')
  assert(
    Number.isInteger(eventsPerSecond) && eventsPerSecond >= 1,
    'eventsPerSecond',
    'must be an integer of at least 1',
  )
  assertSeconds(activityTimeout, 'activityTimeout')
  assertSeconds(pongTimeout, 'pongTimeout')
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
  return { ...settings, apps: apps.map((app) => Object.freeze({ ...app })) }
}

function assertSeconds(value: number, name: string): void {
  assert(
    typeof value === 'number' && value > 0 && value <= longestTimeout,
    name,
    `must be above 0 and at most ${longestTimeout} s`,
  )
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
