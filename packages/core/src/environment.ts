import type { PingerchipsServerOptions } from './client-options.ts'
import { markDisabled } from './disabled.ts'
import { describeType, invalidArgument, unknownOption } from './errors.ts'
import { isRecord } from './internal/json.ts'

/** Environment variables, or an object that has their names: the `env` of a request on Workers. */
export type Environment = Readonly<Record<string, unknown>>

/** What the constructor takes. */
export interface Configuration {
  readonly appId: string
  readonly appSecret: string
  readonly options: PingerchipsServerOptions
}

/**
 * Reads the configuration from environment variables; see {@link PingerchipsServer.fromEnv}.
 * @param options take precedence over the variables
 * @throws {TypeError} naming the variable that is missing or malformed, never its value
 */
export function configurationFromEnv(env: Environment, options: PingerchipsServerOptions): Configuration {
  if (typeof env !== 'object' || env === null)
    throw invalidArgument('env', `must be an object of environment variables (received ${describeType(env)})`)
  const url = variable(env, 'PINGERCHIPS_URL')
  const fromUrl = url === undefined ? undefined : configurationFromUrl(url, 'PINGERCHIPS_URL', {})
  const read = (name: string, ofUrl: string | undefined) => {
    const value = variable(env, name)
    if (value !== undefined && ofUrl !== undefined && value !== ofUrl)
      throw invalidArgument(name, 'is not the same as in PINGERCHIPS_URL. Set one of the two')
    return value ?? ofUrl
  }
  const appId = read('PINGERCHIPS_APP_ID', fromUrl?.appId)
  const appSecret = read('PINGERCHIPS_APP_SECRET', fromUrl?.appSecret)
  if (appId === undefined) throw missing('PINGERCHIPS_APP_ID')
  if (appSecret === undefined) throw missing('PINGERCHIPS_APP_SECRET')
  const appKey = options.appKey ?? read('PINGERCHIPS_APP_KEY', fromUrl?.options.appKey)
  const token = options.token ?? variable(env, 'PINGERCHIPS_API_TOKEN')
  if ((appKey ?? token) === undefined)
    throw missing('PINGERCHIPS_APP_KEY (to sign and trigger) or PINGERCHIPS_API_TOKEN (only to trigger)')
  return {
    appId,
    appSecret,
    options: {
      ...options,
      appKey,
      token,
      endpoint: options.endpoint ?? variable(env, 'PINGERCHIPS_ENDPOINT') ?? fromUrl?.options.endpoint,
      // Checked by the constructor, as an option is.
      protocol: (options.protocol ??
        variable(env, 'PINGERCHIPS_PROTOCOL') ??
        fromUrl?.options.protocol) as PingerchipsServerOptions['protocol'],
      allowHttp: options.allowHttp ?? flag(env, 'PINGERCHIPS_ALLOW_HTTP'),
      encryptionMasterKey: options.encryptionMasterKey ?? variable(env, 'PINGERCHIPS_ENCRYPTION_MASTER_KEY'),
    },
  }
}

/** Whether two configurations make the same client: options are compared by value, functions and other objects by identity. */
export function isSameConfiguration(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (!isPlain(one) || !isPlain(other)) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSameConfiguration(one[name], other[name]))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
}

const urlForm = 'https://APP_KEY:APP_SECRET@HOST/apps/APP_ID'

/**
 * Reads the configuration from a URL; see {@link PingerchipsServer.fromURL}.
 * @param options take precedence over the URL
 * @throws {TypeError} naming the part that is missing or malformed, never its value
 */
export function configurationFromUrl(url: unknown, argument: string, options: PingerchipsServerOptions): Configuration {
  const parsed = url instanceof URL ? url : typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    throw invalidArgument(argument, `must be a URL of the form ${urlForm} (received ${describeType(url)})`)
  const { pathname, searchParams, origin, hash } = parsed
  const [, base, appId] = /^(.*)\/apps\/([^/]+)\/?$/.exec(pathname) ?? []
  if (base === undefined || appId === undefined)
    throw invalidArgument(argument, `must end with /apps/APP_ID: ${urlForm}`)
  if (hash !== '') throw invalidArgument(argument, `must not have a fragment: ${urlForm}`)
  for (const name of searchParams.keys())
    if (name !== 'protocol')
      throw unknownOption(
        argument,
        `${argument} has an unknown parameter '${name.slice(0, 60)}'. Known parameters: protocol.`,
      )
  const appKey = decoded(parsed.username, argument)
  const appSecret = decoded(parsed.password, argument)
  if (appKey === '' || appSecret === '')
    throw invalidArgument(argument, `must have the app key and the app secret before the host: ${urlForm}`)
  return {
    appId,
    appSecret,
    options: {
      ...options,
      appKey: options.appKey ?? appKey,
      endpoint: options.endpoint ?? origin + base,
      protocol: (options.protocol ?? searchParams.get('protocol') ?? undefined) as PingerchipsServerOptions['protocol'],
    },
  }
}

/** The configuration of {@link PingerchipsServer.disabled}: no real credential, and the protocol with every feature. */
export function disabledConfiguration(options: PingerchipsServerOptions): Configuration {
  return {
    appId: 'disabled',
    // Nothing is signed for a browser with this secret. The requests to the transport need one.
    appSecret: 'disabled',
    options: markDisabled({
      ...options,
      appKey: 'disabled',
      protocol: 'pusher',
      endpoint: 'https://disabled.invalid',
      encryptionMasterKey: new Uint8Array(32),
    }),
  }
}

function decoded(text: string, argument: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidArgument(argument, 'has a malformed percent-encoding in the app key or the app secret')
  }
}

/** An empty variable counts as one that is not set. */
function variable(env: Environment, name: string): string | undefined {
  const value = env[name]
  // The variables of a Worker may be JSON.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.length > 0 ? value : undefined
}

const flags: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }

function flag(env: Environment, name: string): boolean | undefined {
  const value = variable(env, name)
  if (value === undefined) return undefined
  if (Object.hasOwn(flags, value)) return flags[value]
  throw invalidArgument(name, "must be 'true' or 'false'")
}

function missing(name: string): TypeError {
  // A file that server and browser share: its bundle for the browser has no variables.
  if ('document' in globalThis)
    return invalidArgument(
      name,
      'is missing: this runs on the server alone, and the code runs in a browser. Move it to a file that only the server imports',
    )
  return invalidArgument(name, 'is missing or empty in the environment')
}
